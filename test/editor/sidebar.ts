/** The tab "GoIP" of the editor's sidebar. */
import type { Locator } from 'playwright-core';
import type { Editor } from './editor.js';

export class Sidebar {
  constructor(private readonly editor: Editor) {}

  /** Shows the tab; resolves when it has something to show. */
  async open(): Promise<void> {
    await this.editor.page.evaluate(`RED.actions.invoke('goip:show-sidebar')`);
    await this.tab.locator('section').first().waitFor();
  }

  /** Shows another tab; resolves when those who watch this one have heard of it, which browsers tell with a frame. */
  async close(): Promise<void> {
    await this.editor.page.evaluate(`new Promise((resolve) => {
      new IntersectionObserver(([entry], observer) => {
        if (entry.isIntersecting) return RED.sidebar.show('help');
        observer.disconnect();
        resolve();
      }).observe(document.querySelector('.goip-sb'));
    })`);
  }

  get tab(): Locator {
    return this.editor.page.locator('.goip-sb');
  }

  /** What is shown of a server, by its name. */
  server(name: string): Locator {
    return this.tab.getByRole('region', { name, exact: true });
  }

  /** The row of a line, by its name or id. */
  line(name: string): Locator {
    const head = this.editor.page.locator('th .goip-sb-name').getByText(name, { exact: true });
    return this.tab.locator('tr.goip-sb-line').filter({ has: head });
  }

  /** What is said below the row of a line. */
  notes(name: string): Locator {
    return this.line(name).locator('xpath=following-sibling::tr[1]');
  }

  /** The cells of a line as texts: queue, sent and failed, today. */
  async cells(name: string): Promise<string[]> {
    return (await this.line(name).locator('td').allInnerTexts()).slice(1);
  }

  /** Waits until the cells of a line say this. */
  async whenCells(name: string, ...texts: readonly string[]): Promise<void> {
    const cells = texts.map((text, index) => `td:nth-of-type(${index + 2}):text-is("${text}")`);
    const row = cells.reduce((line, cell) => line.filter({ has: this.editor.page.locator(cell) }), this.line(name));
    await row.waitFor();
  }

  job(id: string): Locator {
    return this.tab.getByRole('listitem').filter({ hasText: id });
  }

  /** Waits for what is said to those who do not see. */
  async whenSaid(text: string | RegExp): Promise<void> {
    await this.tab.getByRole('status').getByText(text, { exact: true }).waitFor({ state: 'attached' });
  }

  /** The question that is asked before something is done. */
  get question(): Locator {
    return this.editor.page.getByRole('alertdialog');
  }
}
