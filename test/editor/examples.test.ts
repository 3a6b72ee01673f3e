/** The examples as they look after the import: nothing to be moved, renamed or filled in. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { FlowNode } from '../packaging/node-red-process.js';
import { describeInEditor } from './editor.js';
import { untidyOn } from './layout.js';

const FOLDER = path.join(__dirname, '..', '..', 'examples');
/** The one with a dashboard is looked at where the dashboard is. */
const EXAMPLES = readdirSync(FOLDER)
  .filter((file) => !file.includes('dashboard'))
  .map((file) => ({ file, flow: JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as FlowNode[] }));

describeInEditor('the examples', (editor) => {
  before(() => {
    // The server and its devices are in each of them.
    const nodes = new Map(EXAMPLES.flatMap(({ flow }) => flow.map((node) => [node.id, node] as const)));
    return editor.open([...nodes.values()]);
  });

  for (const { file, flow } of EXAMPLES) {
    it(`${file} is tidy, valid and explained`, async () => {
      const tab = flow.find(({ type }) => type === 'tab')?.id ?? assert.fail('there is no tab');
      assert.deepEqual(await untidyOn(editor, tab), []);
      const comment = flow.find(({ type }) => type === 'comment');
      assert.match(String(comment?.info), /npx goip-simulator/);
    });
  }
});
