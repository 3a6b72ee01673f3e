/** The core as users get it: built. What runs TypeScript as it is wraps every closure, and that would be measured, too. */
import { createRequire } from 'node:module';
import type * as Core from '../../src/index.js';

export const { GoipServer } = createRequire(__filename)('@goip-sms/node-red-goip/core') as typeof Core;
