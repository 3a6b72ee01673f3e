/** The editor in light and dark. */
import type { Page } from 'playwright-core';

export type Theme = 'light' | 'dark';

/** Of the editor's variables; Node-RED 5 has a dark theme, those for Node-RED 4 set them. */
const DARK = {
  ...{ 'primary-background': '#1c1c21', 'secondary-background': '#26262c', 'tertiary-background': '#202025' },
  ...{ 'primary-text-color': '#d0d0d8', 'secondary-text-color': '#b0b0b8', 'primary-border-color': '#55555c' },
  ...{ 'secondary-border-color': '#3a3a40', 'form-input-background': '#17171b', 'form-text-color': '#d0d0d8' },
  ...{ 'form-button-background': '#26262c', 'secondary-background-hover': '#33333a', 'text-color-error': '#ff8080' },
  'workspace-button-background': '#26262c',
};

export async function setTheme(page: Page, theme: Theme): Promise<void> {
  const isDark = theme === 'dark';
  await page.evaluate(`{
    const { classList, style } = document.documentElement;
    classList.toggle('nr-theme-dark', ${isDark});
    if (RED.settings.version.startsWith('4')) {
      for (const [name, color] of Object.entries(${JSON.stringify(DARK)})) {
        style.setProperty('--red-ui-' + name, ${isDark} ? color : '');
      }
    }
  }`);
}
