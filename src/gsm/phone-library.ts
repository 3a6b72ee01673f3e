/** Loads the library of numbering plans. */
import type * as Library from 'libphonenumber-js/max';

let loaded: typeof Library | undefined;

/**
 * Loads the library at the first call: that takes some 40 ms, by which Node-RED would start later for everybody. The metadata
 * `max` tells short codes and services from numbers, `min` does not, and takes as long to load.
 */
export function phoneLibrary(): typeof Library {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at the start
  loaded ??= require('libphonenumber-js/max') as typeof Library;
  return loaded;
}
