/** How a tab looks in the editor: what a glance would find untidy. */
import type { Editor } from './editor.js';

interface Box {
  readonly name: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Nodes and groups that overlap or are too close, and nodes that are not filled in. Opens the tab. */
export async function untidyOn(editor: Editor, tab: string): Promise<string[]> {
  await editor.page.evaluate(`RED.workspaces.show('${tab}')`);
  await editor.page.waitForFunction(
    `RED.nodes.filterNodes({ z: '${tab}' }).every(({ id }) => document.getElementById(id))`,
  );
  const { nodes, groups } = await editor.page.evaluate<{ nodes: Box[]; groups: Box[] }>(`({
    nodes: RED.nodes.filterNodes({ z: '${tab}' }).map(({ id, x, y, w, h, _def }) => ({
      name: id,
      // With the button of an inject or a debug node.
      left: x - w / 2 - (_def.button?.toggle === undefined && _def.align !== 'right' && _def.button ? 25 : 0),
      right: x + w / 2 + (_def.align === 'right' && _def.button ? 25 : 0),
      top: y - h / 2,
      bottom: y + h / 2,
    })),
    groups: RED.nodes.groups('${tab}').map(({ id, x, y, w, h }) => ({ name: id, left: x, right: x + w, top: y, bottom: y + h })),
  })`);
  const invalid = await editor.page.evaluate<string[]>(
    `RED.nodes.filterNodes({ z: '${tab}' }).flatMap(({ id, validationErrors = [] }) => validationErrors.map((error) => id + ': ' + error))`,
  );
  return [...overlaps(nodes, 3), ...overlaps(groups, 5), ...invalid];
}

function overlaps(boxes: readonly Box[], gap: number): string[] {
  return boxes.flatMap((one, index) =>
    boxes
      .slice(index + 1)
      .filter(
        (other) =>
          one.left < other.right + gap &&
          other.left < one.right + gap &&
          one.top < other.bottom + gap &&
          other.top < one.bottom + gap,
      )
      .map((other) => `${one.name} and ${other.name}`),
  );
}
