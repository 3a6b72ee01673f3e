/** The properties of a goip in node in a flow. The flow may have been written by hand. */
export interface GoipInProperties {
  name?: string;
  server: string;
  /** Device ids; empty for all. */
  devices?: string | readonly string[];
  /** Kinds of events for the second output. */
  events?: string | readonly string[];
  version?: number;
}
