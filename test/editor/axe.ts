/** What axe-core finds that keeps people out: no name for a button, too little contrast, roles that do not fit, … */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** About the page around it, which is the editor's. */
const NOT_OURS = ['region'];

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What is wrong with what is in sight inside of the element, in words; none is the goal. */
export async function violationsIn(page: Page, selector: string): Promise<string[]> {
  if (!(await page.evaluate<boolean>(`'axe' in window`))) await page.evaluate(`${AXE}; undefined`);
  const options = {
    resultTypes: ['violations'],
    rules: Object.fromEntries(NOT_OURS.map((rule) => [rule, { enabled: false }])),
  };
  const run = `axe.run(${JSON.stringify(selector)}, ${JSON.stringify(options)}).then(({ violations }) => violations)`;
  const violations = await page.evaluate<readonly Violation[]>(run);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}\n${html}\n${failureSummary}`),
  );
}
