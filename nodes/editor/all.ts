/** What the pages share, as one object. */
export * from './device-panels.js';
export * from './device-table.js';
export * from './devices.js';
export * from './discovery.js';
export * from './elements.js';
export * from './events.js';
export * from './fields.js';
export * from './forms.js';
export * from './line-picker.js';
export * from './live.js';
export * from './rules.js';
export * from './search.js';
export * from './signs.js';
export * from './texts.js';
export * from './times.js';
export * from './values.js';
