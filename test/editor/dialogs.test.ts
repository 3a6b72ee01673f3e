import assert from 'node:assert/strict';
import { freeUdpPort } from '../node-red/free-port.js';
import { describeInEditor } from './editor.js';
import { IDS, openSection, TAB, useNodeSets, type NodeSet } from './flows.js';

describeInEditor('the dialogs', (editor) => {
  const nextSet = useNodeSets(editor, 7);
  let set: NodeSet;
  beforeEach(() => {
    set = nextSet();
  });

  it('change nothing if they are left as they came', async () => {
    for (const id of [set.in, set.send, set.status]) {
      await editor.edit(id);
      if (id === set.in) {
        await editor.editServer();
        await editor.okServer();
        assert.equal(await editor.isChanged(set.server), false);
      }
      await editor.ok();
      assert.equal(await editor.isChanged(id), false, id);
    }
  });

  it('goip-server keeps every property', async () => {
    const texts: Record<string, string> = {
      name: 'Office',
      host: '127.0.0.2',
      port: String(await freeUdpPort()),
      offlineAfter: '45.5',
      resendInterval: '2.5',
      resendCount: '7',
      queryInterval: '1.5',
      sessionsPerLine: '4',
      keepaliveStatus: '200',
      joinParts: '12.5',
      retention: '0.5',
      queueLimit: '5000',
      attempts: '4',
      eventDelay: '10',
      pauseMin: '1.5',
      pauseMax: '4',
      hourLimit: '30',
      dayLimit: '200',
      quietHours: '22:00-07:00',
      cooldownAfter: '5',
      cooldown: '120',
    };
    const ticked = ['pinAddress', 'sticky', 'retryUnknown'];
    const field = (property: string) => editor.page.locator(`#node-config-input-${property}`);
    await editor.editServer(set.server);
    for (const section of await editor.page.locator('.goip-server-advanced summary').all()) await section.click();
    for (const [property, text] of Object.entries(texts)) await field(property).fill(text);
    await field('statusQuery').selectOption('poll');
    await field('storage').selectOption('memory');
    await field('country').selectOption({ label: 'Germany (DE)' });
    for (const property of ticked) await field(property).check();
    await editor.page.locator('.goip-device-name').nth(1).fill('Attic');
    await editor.page.locator('.goip-device-group').nth(2).fill(' de ');
    await editor.okServer();
    await editor.deploy();

    const { devices, ...saved } = await editor.saved(set.server);
    const { name, host, quietHours, ...numbers } = texts;
    assert.deepEqual(saved, {
      ...{ id: set.server, type: 'goip-server', version: 2, name, host, quietHours, routes: [] },
      ...{ statusQuery: 'poll', storage: 'memory', country: 'DE' },
      ...Object.fromEntries(ticked.map((property) => [property, true])),
      ...Object.fromEntries(Object.entries(numbers).map(([property, text]) => [property, Number(text)])),
    });
    assert.deepEqual(devices, [
      { key: 'key-1', id: IDS[0], name: 'Line 1' },
      { key: 'key-2', id: IDS[1], name: 'Attic' },
      { key: 'key-3', id: IDS[2], name: 'Line 3', group: 'de' },
    ]);

    await editor.editServer(set.server);
    for (const [property, text] of Object.entries(texts)) assert.equal(await field(property).inputValue(), text);
    assert.equal(await field('statusQuery').inputValue(), 'poll');
    assert.equal(await field('storage').inputValue(), 'memory');
    assert.equal(await field('country').inputValue(), 'DE');
    for (const property of ticked) assert.equal(await field(property).isChecked(), true);
    assert.equal(await editor.page.locator('.goip-device-group').nth(2).inputValue(), 'de');
    await editor.okServer();
    assert.equal(await editor.isChanged(set.server), false);
  });

  it('goip-server suggests how long parts of long SMS wait when that is switched on', async () => {
    const wait = () => editor.page.locator('#node-config-input-joinParts');
    const mark = () => editor.page.locator('#goip-server-join');
    await editor.editServer(set.server);
    await openSection(editor, 'Timing and protocol');
    assert.deepEqual([await wait().inputValue(), await mark().isChecked()], ['0', false]);
    await mark().check();
    assert.equal(await wait().inputValue(), '30');
    await editor.okServer();
    await editor.deploy();
    assert.equal((await editor.saved(set.server)).joinParts, 30);

    await editor.editServer(set.server);
    await openSection(editor, 'Timing and protocol');
    assert.equal(await mark().isChecked(), true);
    await wait().fill('0');
    assert.equal(await mark().isChecked(), false);
    await wait().fill('${WAIT}');
    assert.equal(await mark().isChecked(), true);
    await mark().uncheck();
    assert.equal(await wait().inputValue(), '0');
    await editor.okServer();
    await editor.deploy();
    assert.equal((await editor.saved(set.server)).joinParts, 0);
  });

  it('goip in keeps its name, its devices and its events', async () => {
    await editor.edit(set.in);
    await editor.page.fill('#node-input-name', 'inbox');
    await editor.page.locator('#goip-in-devices').getByText(IDS[1], { exact: true }).click();
    await editor.page.getByPlaceholder('another device id').fill('attic');
    await editor.page.getByLabel('Add this id').click();
    await editor.page.locator('#goip-in-events').getByText('keepalive', { exact: true }).click();
    await editor.page.locator('#goip-in-events').getByText('deliver', { exact: true }).click();
    await editor.ok();
    await editor.deploy();
    const wanted = {
      ...{ id: set.in, type: 'goip in', version: 1, server: set.server, name: 'inbox' },
      ...{ devices: [IDS[1], 'attic'], events: ['online', 'offline', 'deliver'] },
    };
    assert.deepEqual(await editor.saved(set.in), wanted);

    await editor.edit(set.in);
    const ticked = editor.page.locator('.goip-check input:checked');
    const values = await ticked.evaluateAll((marks) =>
      marks.map((mark) => (mark as unknown as { value: string }).value),
    );
    // What the server does not know comes first.
    assert.deepEqual(values, ['attic', IDS[1], 'online', 'offline', 'deliver']);
    await editor.ok();
    assert.equal(await editor.isChanged(set.in), false);
  });

  it('goip send keeps the values and types of its inputs', async () => {
    const save = async (): Promise<Record<string, unknown>> => {
      await editor.ok();
      await editor.deploy();
      const { text, textType, to, toType, device, deviceType } = await editor.saved(set.send);
      return { text, textType, to, toType, device, deviceType };
    };
    await editor.edit(set.send);
    await editor.chooseType('#goip-send-text', 'str');
    await editor.page.fill('#goip-send-lines', 'one\ntwo "quoted" <b>;');
    await editor.fillTyped('#node-input-to', 'jsonata', '$split(numbers, ",")');
    await editor.fillTyped('#goip-send-device', 'flow', 'line');
    assert.deepEqual(await save(), {
      ...{ text: 'one\ntwo "quoted" <b>;', textType: 'str' },
      ...{ to: '$split(numbers, ",")', toType: 'jsonata', device: 'line', deviceType: 'flow' },
    });

    await editor.edit(set.send);
    assert.equal(await editor.page.inputValue('#goip-send-lines'), 'one\ntwo "quoted" <b>;');
    await editor.ok();
    assert.equal(await editor.isChanged(set.send), false);

    await editor.edit(set.send);
    await editor.fillTyped('#goip-send-text', 'msg', 'sms.text');
    await editor.fillTyped('#node-input-to', 'str', '+12025550101, +12025550102');
    await editor.fillTyped('#goip-send-device', 'env', 'LINE');
    assert.deepEqual(await save(), {
      ...{ text: 'sms.text', textType: 'msg' },
      ...{ to: '+12025550101, +12025550102', toType: 'str', device: 'LINE', deviceType: 'env' },
    });
  });

  it('goip status keeps its name, its devices and when it sends', async () => {
    await editor.edit(set.status);
    await editor.page.fill('#node-input-name', 'lines');
    await editor.page.locator('#goip-status-devices').getByText(IDS[2], { exact: true }).click();
    await editor.page.selectOption('#node-input-emit', 'request');
    await editor.ok();
    await editor.deploy();
    assert.deepEqual(await editor.saved(set.status), {
      ...{ id: set.status, type: 'goip status', version: 1, server: set.server },
      ...{ name: 'lines', devices: [IDS[2]], emit: 'request' },
    });
    await editor.edit(set.status);
    assert.equal(await editor.page.inputValue('#node-input-emit'), 'request');
    await editor.ok();
    assert.equal(await editor.isChanged(set.status), false);
  });

  it('show the defaults of what a flow made by hand does not have, and save all but those of later versions', async () => {
    const later = ['joinParts', 'routes', 'attempts', 'cooldown', 'priority', 'maxParts', 'waitForReport', 'expire'];
    const isLater = (property: string) => later.includes(property.replace('Type', ''));
    const bare = set.nodes.map(({ id, type, z, x, y, server }) => ({ id, type, z, x, y, server }));
    await editor.open([TAB, ...bare]);
    for (const id of [set.in, set.send, set.status]) {
      await editor.edit(id);
      if (id === set.in) {
        await editor.editServer();
        await editor.page.fill('#node-config-input-port', String(set.port));
        await editor.okServer();
      }
      await editor.ok();
    }
    await editor.deploy();
    for (const node of set.nodes) {
      const { z, x, y, wires, name, host, devices, credentials, version, ...settings } = node;
      const saved = await editor.saved(node.id);
      const expected = Object.entries(settings).filter(([property]) => !isLater(property));
      assert.deepEqual({ ...saved, ...Object.fromEntries(expected) }, saved, node.id);
      assert.deepEqual(Object.keys(saved).filter(isLater), []);
    }
  });
});
