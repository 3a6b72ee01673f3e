/** Makes rows of a form from `<form-row>`. */
export function expandRows(form: string, set: string): string;
