/**
 * Rows of forms. In form.html, a row is `<form-row name="to" icon="users" hint>…</form-row>`; the build makes of it what
 * Node-RED wants:
 *
 * - `name`: the property. The label is `label.<name>` in the catalogue, and names the input `node-input-<name>`.
 * - `icon`: of Font Awesome.
 * - `hint`: the text `hint.<name>` is below the input.
 * - `placeholder`: the input shows `placeholder.<name>` while it is empty.
 * - `typed`: the input has a type, in `node-input-<name>Type`.
 * - `for`: the id of another input that the label names.
 * - `group`: the label names several inputs, which the script builds in the element with this id.
 *
 * What is inside the element takes the place of the input.
 */
const ROW = /^( *)<form-row\b([^>]*)>([\s\S]*?)<\/form-row>/gm;
const ATTRIBUTE = /\s+([\w-]+)(?:="([^"]*)")?/gy;
const KNOWN = ['name', 'icon', 'hint', 'placeholder', 'typed', 'for', 'group'];

/** @param set name of the catalogue */
export function expandRows(form, set) {
  const expanded = form.replace(ROW, (_, indent, written, content) => {
    const lines = linesOf(attributesOf(written, set), content.trim(), set);
    return lines.map((line) => indent + line).join('\n');
  });
  if (expanded.includes('<form-row')) throw new Error(`${set}/form.html has a row without an end`);
  return expanded;
}

function attributesOf(written, set) {
  const attributes = Object.fromEntries(
    Array.from(written.matchAll(ATTRIBUTE), ([, name, value = '']) => [name, value]),
  );
  const unknown = Object.keys(attributes).find((name) => !KNOWN.includes(name));
  if (unknown || !attributes.name || !attributes.icon)
    throw new Error(`${set}/form.html: what is <form-row${written}>?`);
  return attributes;
}

function linesOf({ name, icon, hint, placeholder, typed, for: labelled, group }, content, set) {
  const id = labelled ?? `node-input-${name}`;
  const text = name === 'name' ? 'node-red:common.label.name' : `${set}.label.${name}`;
  const shown = placeholder === undefined ? '' : ` data-i18n="[placeholder]${set}.placeholder.${name}"`;
  const named = group === undefined ? `for="${id}"` : `id="${group}-label"`;
  const width = typed === undefined ? '' : ' style="width: 70%"';
  const input =
    group === undefined
      ? `<input type="text" id="${id}"${width}${name === 'name' ? ` data-i18n="[placeholder]${text}"` : shown} />`
      : `<div id="${group}" class="goip-beside-label"></div>`;
  return [
    '<div class="form-row">',
    `<label ${named}><i class="fa fa-${icon}"></i> <span data-i18n="${text}"></span></label>`,
    content || input,
    ...(typed === undefined ? [] : [`<input type="hidden" id="${id}Type" />`]),
    ...(hint === undefined ? [] : [`<div class="goip-hint goip-below" data-i18n="${set}.hint.${name}"></div>`]),
    '</div>',
  ];
}
