/** How the pages of the editor are made from their sources. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './pack.js';

/** Lines of a script that may be in a page that is written by hand: the compiler and the linter do not see it. */
const MOST_LINES = 30;

/** Pages that are still to be converted. */
const LATER = ['goip-server.html', 'goip-sidebar.html'];

type ExpandRows = (form: string, set: string) => string;

describe('the pages of the editor', () => {
  it('have no long script inline', () => {
    const pages = readdirSync(path.join(ROOT, 'nodes'), { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.html') && !name.startsWith('locales'),
    );
    const long = pages.filter((name) => {
      const html = readFileSync(path.join(ROOT, 'nodes', name), 'utf8');
      const scripts = html.matchAll(/<script(?![^>]*text\/html)[^>]*>([\s\S]*?)<\/script>/g);
      return [...scripts].some(([, script = '']) => script.split('\n').length > MOST_LINES);
    });
    assert.deepEqual(long.sort(), LATER);
  });
});

describe('a row of a form', () => {
  let expandRows: ExpandRows;
  before(async () => {
    ({ expandRows } = await import('../../scripts/form-rows.mjs'));
  });

  const row = (attributes: string, content = '') =>
    expandRows(`<form-row ${attributes}>${content}</form-row>`, 'goip-x').split('\n');

  it('has a label that names its input', () => {
    assert.deepEqual(row('name="to" icon="users"'), [
      '<div class="form-row">',
      '<label for="node-input-to"><i class="fa fa-users"></i> <span data-i18n="goip-x.label.to"></span></label>',
      '<input type="text" id="node-input-to" />',
      '</div>',
    ]);
  });

  it('has an input with a type, a placeholder and a hint', () => {
    assert.deepEqual(row('name="to" icon="users" typed placeholder hint').slice(2, -1), [
      '<input type="text" id="node-input-to" style="width: 70%" data-i18n="[placeholder]goip-x.placeholder.to" />',
      '<input type="hidden" id="node-input-toType" />',
      '<div class="goip-hint goip-below" data-i18n="goip-x.hint.to"></div>',
    ]);
  });

  it('has what is written in it instead of an input', () => {
    assert.deepEqual(row('name="to" icon="users" for="x"', '<select id="x"></select>').slice(1, -1), [
      '<label for="x"><i class="fa fa-users"></i> <span data-i18n="goip-x.label.to"></span></label>',
      '<select id="x"></select>',
    ]);
  });

  it('has a label that names a group', () => {
    assert.deepEqual(row('name="lines" icon="mobile" group="x"').slice(1, -1), [
      '<label id="x-label"><i class="fa fa-mobile"></i> <span data-i18n="goip-x.label.lines"></span></label>',
      '<div id="x" class="goip-beside-label"></div>',
    ]);
  });

  for (const wrong of ['name="to"', 'icon="users"', 'name="to" icon="users" hints']) {
    it(`is refused if it is <form-row ${wrong}>`, () => assert.throws(() => row(wrong), /goip-x\/form\.html/));
  }

  it('is refused without its end', () => {
    assert.throws(() => expandRows('<form-row name="to" icon="users">', 'goip-x'), /without an end/);
  });
});
