import assert from 'node:assert/strict';
import { problemOfDevice } from '../../src/index.js';
import { freeUdpPort } from '../node-red/free-port.js';
import { describeInEditor } from './editor.js';
import { makeNodeSet, openSection, TAB, type NodeSet } from './flows.js';

/** As somebody writes them into a flow file, or a script. */
const BY_HAND = {
  allow: ['192.0.2.0/24', '${GOIP_NETWORK}'],
  pinAddress: '${GOIP_PIN}',
  devices: [
    { key: 'a', id: 'goip-01', name: '', allow: ['192.0.2.7', '192.0.2.8'] },
    { key: 'b', id: 'goip-02', name: '', allow: '192.0.2.7\n  192.0.2.8' },
    { key: 'c', id: 'goip-03', name: '', allow: '${GOIP_NETWORK}' },
    { key: 'd', id: 'goip-04', name: '', allow: '' },
  ],
};

describeInEditor('who may talk to a server', (editor) => {
  let plain: NodeSet;
  let byHand: NodeSet;
  let wrong: NodeSet;
  before(async () => {
    [plain, byHand, wrong] = [
      makeNodeSet(0, await freeUdpPort()),
      makeNodeSet(1, await freeUdpPort()),
      makeNodeSet(2, await freeUdpPort()),
    ];
    const nodes = [plain, byHand, wrong].flatMap((set) => set.nodes);
    await editor.open([TAB, ...nodes.map((node) => (node.id === byHand.server ? { ...node, ...BY_HAND } : node))]);
  });

  const allow = () => editor.page.locator('#node-config-input-allow');
  const pinned = () => editor.page.locator('#node-config-input-pinAddress');
  const allowOf = (row: number) => editor.page.locator('.goip-devices > li').nth(row).locator('.goip-device-allow');
  const limit = (row: number) => editor.page.locator('.goip-device-more').nth(row);
  const problems = async () => {
    const texts = await editor.page.locator('.goip-row-problem').allInnerTexts();
    return texts.filter((text) => text !== '');
  };

  it('is said in the dialog, for the server and for a device', async () => {
    await editor.editServer(plain.server);
    assert.equal(await allow().isVisible(), false);
    await openSection(editor, 'Access');
    await allow().fill('192.0.2.0/24\n2001:db8::/32');
    await pinned().check();
    assert.deepEqual(await Promise.all([0, 1, 2].map((row) => allowOf(row).isVisible())), [false, false, false]);
    await limit(1).click();
    await allowOf(1).fill(' 192.0.2.7, 192.0.2.128/25 ');
    await editor.okServer();
    await editor.deploy();
    const { allow: saved, pinAddress, devices } = await editor.saved(plain.server);
    assert.deepEqual([saved, pinAddress], ['192.0.2.0/24\n2001:db8::/32', true]);
    assert.deepEqual(devices, [
      { key: 'key-1', id: 'goip-01', name: 'Line 1' },
      { key: 'key-2', id: 'goip-02', name: 'Line 2', allow: '192.0.2.7, 192.0.2.128/25' },
      { key: 'key-3', id: 'goip-03', name: 'Line 3' },
    ]);

    await editor.editServer(plain.server);
    assert.equal(await allow().inputValue(), '192.0.2.0/24\n2001:db8::/32');
    assert.equal(await pinned().isChecked(), true);
    assert.deepEqual(await Promise.all([0, 1, 2].map((row) => allowOf(row).isVisible())), [false, true, false]);
    await editor.okServer();
    assert.equal(await editor.isChanged(plain.server), false);

    await editor.editServer(plain.server);
    await allowOf(1).fill('');
    await editor.okServer();
    await editor.deploy();
    assert.deepEqual(((await editor.saved(plain.server)).devices as object[])[1], {
      ...{ key: 'key-2', id: 'goip-02', name: 'Line 2' },
    });
  });

  it('stays as it was made by hand, unless it is changed', async () => {
    await editor.editServer(byHand.server);
    assert.equal(await allowOf(1).inputValue(), '192.0.2.7, 192.0.2.8');
    assert.deepEqual(await problems(), []);
    await editor.okServer();
    assert.equal(await editor.isChanged(byHand.server), false);
    assert.deepEqual(await editor.problemsOf(byHand.server), []);

    await editor.editServer(byHand.server);
    await openSection(editor, 'Access');
    await allow().fill('192.0.2.0/24');
    await allowOf(1).fill('192.0.2.9');
    await editor.okServer();
    await editor.deploy();
    const { allow: saved, pinAddress, devices } = await editor.saved(byHand.server);
    assert.deepEqual([saved, pinAddress], ['192.0.2.0/24', '${GOIP_PIN}']);
    const [first, second, ...others] = BY_HAND.devices;
    assert.deepEqual(devices, [first, { ...second, allow: '192.0.2.9' }, ...others]);
  });

  it('is told to be wrong while it is typed, and afterwards', async () => {
    await editor.editServer(wrong.server);
    await openSection(editor, 'Access');
    await allow().fill('192.0.2.7, <b>10.0.0.300</b>');
    await allow().press('End');
    await editor.page.locator('#node-config-input-allow.input-error').hover();
    const message = 'Allowed addresses: “?b?10.0.0.300?/b?” is not an IP address or a network';
    await editor.page.locator('.red-ui-popover').getByText(message, { exact: true }).waitFor();
    await limit(0).click();
    await allowOf(0).fill('192.0.2.7/33');
    assert.deepEqual(await problems(), [
      'The device “goip-01” is allowed from “192.0.2.7/33”, which is not an IP address or a network',
    ]);
    await editor.okServer();
    assert.deepEqual((await editor.problemsOf(wrong.server)).sort(), [
      message,
      'The device “goip-01” is allowed from “192.0.2.7/33”, which is not an IP address or a network',
    ]);
    // Opened again, it is in sight.
    await editor.editServer(wrong.server);
    await editor.page.locator('#node-config-input-allow.input-error').waitFor({ state: 'visible' });
    assert.equal(await allowOf(0).isVisible(), true);
    await editor.cancelServer();
    await editor.undo();
  });

  it('is judged by the editor as by the server', async () => {
    const entries = [
      ...['192.0.2.7', '0.0.0.0/0', '192.0.2.0/24', '255.255.255.255/32', '1.2.3.4/032', '::', '::1', '2001:db8::/32'],
      ...['2001:DB8::1', '::ffff:192.0.2.7', '::ffff:192.0.2.7/128', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::', 'fe80::1'],
      ...['192.0.2', '192.0.2.7.8', '192.0.2.256', '192.0.2.07', '192.0.2.7/', '192.0.2.7/33', '192.0.2.7/-1', '/24'],
      ...['192.0.2.7/24/8', '192.0.2.7-9', '192.0.2.*', 'gateway.example', 'localhost', '::1/129', '1::2::3', 'g::1'],
      ...[
        'fe80::1%eth0',
        '[::1]',
        '::1]',
        '1:2:3:4:5:6:7:8:9',
        '12345::',
        '::ffff:192.0.2.256',
        '4294967295',
        '0x7f.1',
      ],
      ...['192.0.2.7:44444', '192.0.2.7;', '.1.2.3.4', '1.2.3.4.', '١.2.3.4', ',', '${GOIP_NETWORK},192.0.2.7'],
    ];
    const byServer = entries.map((entry) => problemOfDevice('id', 'password', [entry]) === undefined);
    const validate = `RED.nodes.node('${plain.server}')._def.defaults.allow.validate`;
    const byEditor = await editor.page.evaluate<boolean[]>(
      `${JSON.stringify(entries)}.map((entry) => ${validate}.call(RED.nodes.node('${plain.server}'), entry, {}) === true)`,
    );
    assert.deepEqual(
      entries.map((entry, index) => [entry, byEditor[index]]),
      entries.map((entry, index) => [entry, byServer[index]]),
    );
    assert(byServer.includes(true) && byServer.includes(false));
  });
});
