/** The inputs of a goip send node, each with the property of the message that it takes its value from if it is blank. */
export const INPUTS = {
  text: 'payload',
  to: 'to',
  device: 'device',
  jobId: 'goip.jobId',
  expire: 'expire',
  priority: 'priority',
  maxParts: 'maxParts',
  waitForReport: 'waitForReport',
} as const;

export type Input = keyof typeof INPUTS;

/** Each input is a TypedInput: a value and its type. */
type TypedInputs = { [Name in Input]?: string | number } & { [Name in `${Input}Type`]?: string };

/** The properties of a goip send node in a flow. The flow may have been written by hand. Times are in seconds. */
export interface GoipSendProperties extends TypedInputs {
  name?: string;
  server: string;
  version?: number;
}
