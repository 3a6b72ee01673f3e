/** When a node sends the state of a line: if it changes, with each keepalive, or only if a message asks. */
export const EMITS = ['change', 'keepalive', 'request'] as const;

export type Emit = (typeof EMITS)[number];

/** The properties of a goip status node in a flow. The flow may have been written by hand. */
export interface GoipStatusProperties {
  name?: string;
  server: string;
  /** Device ids; empty for all. */
  devices?: string | readonly string[];
  emit?: string;
  version?: number;
}
