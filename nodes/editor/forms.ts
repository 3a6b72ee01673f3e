/** What the dialogs of all nodes do with the inputs of their forms. */

/**
 * Remembers what is shown for settings that may not be in the flow, each a set of inputs. The returned function leaves
 * those that the user has not touched as they are: Node-RED saves what it finds in the dialog by its id.
 */
export function rememberInputs(settings: readonly JQuery[]): () => void {
  const before = settings.map(shownIn);
  return () => {
    for (const [index, inputs] of settings.entries()) {
      if (shownIn(inputs).every((value, place) => value === before[index]?.[place])) inputs.removeAttr('id');
    }
  };
}

function shownIn(inputs: JQuery): (string | boolean)[] {
  return inputs.get().map((input) => {
    if (input instanceof HTMLInputElement && input.type === 'checkbox') return input.checked;
    return textIn($(input));
  });
}

/** Keeps a value, such as `${ENV}`, that a select does not offer. */
export function keepOption(select: JQuery, value: string | undefined): void {
  const isOffered = select.find('option').is((_index, option) => $(option).val() === value);
  if (value === undefined || isOffered) return;
  $('<option></option>').val(value).text(value).appendTo(select);
  select.val(value);
}

/** The text of an input; empty if the input is missing. */
export function textIn(input: JQuery): string {
  return String(input.val() ?? '');
}
