/** What the server's dialog shows of the running server: how the lines in the table are, and who knocks and is not let in. */
(function () {
  /** What is more telling than that it has to wait, and what can be done about it here. */
  const ACTIONS = { 'unknown id': 'add', 'wrong password': 'password', disabled: 'enable' };

  /** Blanks at the ends of an id would not be seen without quotation marks. */
  const shownId = (id) => (id === id.trim() ? id : JSON.stringify(id));

  /** One entry for each id and address, those seen last first. A pause tells less than what led to it. */
  const knocksOf = ({ rejected, lines }) => {
    const knocks = new Map();
    for (const rejection of rejected) {
      const { id, address, reason, lastSeen, count } = rejection;
      const { online, since } = lines.get(id) ?? {};
      // It was let in since then.
      if (online && since > lastSeen) continue;
      const key = JSON.stringify([id, address]);
      const known = knocks.get(key);
      if (!known) knocks.set(key, { ...rejection, key });
      else {
        known.count += count;
        if (known.reason === 'paused') known.reason = reason;
      }
    }
    return [...knocks.values()];
  };

  class Discovery {
    constructor(table, box) {
      Object.assign(this, { table, box });
      this.items = new Map();
      this.hint = $('<div class="goip-hint" role="status"></div>');
      this.body = $('<tbody></tbody>');
      const head = ['id', 'address', 'seen', 'count', 'reason'].map((name) =>
        $('<th scope="col"></th>').text(this.text(name)),
      );
      this.list = $('<table class="goip-knocks"></table>')
        .attr('aria-label', this.text('title'))
        .append($('<thead></thead>').append($('<tr></tr>').append(head, '<td></td>')), this.body)
        .prop('hidden', true);
      box.append(this.hint, this.list);
      table.onChanged = () => this.draw();
      this.draw();
      this.stop = RED.goip.live.follow(
        table.node.id,
        box[0],
        (server) => this.show(server),
        (refusal) => {
          if (this.refusal === refusal) return;
          this.refusal = refusal;
          this.draw();
        },
      );
    }

    text(key, values) {
      return this.table.text('knocks.' + key, values);
    }

    show(server) {
      this.server = server;
      this.isTold = true;
      for (const row of this.table.rows()) row.showLine(server?.lines.get(String(row.given.id)));
      this.draw();
    }

    /** Shows who knocks, and keeps the rows that stay: the cursor may be in one. */
    draw() {
      const knocks = this.server ? knocksOf(this.server) : [];
      const items = new Map(knocks.map((knock) => [knock.key, this.items.get(knock.key) ?? this.buildItem()]));
      for (const [key, { row }] of this.items) if (!items.has(key)) row.remove();
      this.items = items;
      knocks.forEach((knock, index) => {
        const { row } = items.get(knock.key);
        this.fill(items.get(knock.key), knock);
        const place = this.body[0].children[index];
        if (place !== row[0]) this.body[0].insertBefore(row[0], place ?? null);
      });
      this.list.prop('hidden', knocks.length === 0);
      this.hint.text(this.text(this.refusal ?? this.stateOf(knocks)));
    }

    stateOf(knocks) {
      if (!this.isTold) return 'waiting';
      if (!this.server) return 'undeployed';
      return knocks.length === 0 ? 'none' : 'hint';
    }

    buildItem() {
      const cells = Array.from({ length: 5 }, () => $('<td></td>'));
      const button = $('<button type="button" class="red-ui-button red-ui-button-small"></button>');
      const last = $('<td></td>').append(button);
      return { cells, button, last, row: $('<tr></tr>').append(cells, last) };
    }

    fill({ cells, button }, { id, address, lastSeen, count, reason }) {
      const seen = RED.goip.live.timeOf(lastSeen);
      const why = this.table.text('knock-reason.' + reason.replaceAll(' ', '-'));
      [shownId(id) || this.text('no-id'), address, seen, String(count), why].forEach((text, index) =>
        cells[index].text(text),
      );
      const action = id === '' ? undefined : this.actionFor(id, reason);
      button.prop('hidden', action === undefined);
      if (!action) return;
      button.text(this.text('do-' + action)).attr('aria-label', this.text('do-' + action + '-id', { id: shownId(id) }));
      button.off('click').on('click', () => this.act(this.actionFor(id, reason), id));
    }

    /** What can be done about it, as the table stands now. */
    actionFor(id, reason) {
      const action = ACTIONS[reason];
      const row = this.table.find(id);
      if (action && !row) return 'add';
      if (action === 'enable') return row.isEnabled ? 'show' : 'enable';
      return action === 'add' ? 'show' : action;
    }

    act(action, id) {
      if (action === 'add') this.table.addAll([{ given: { id } }]);
      const row = this.table.find(id);
      row.build();
      if (action === 'enable') row.enable();
      if (action === 'password' && row.forgotten) row.toggleForgotten();
      this.table.show(row, action === 'password' || action === 'add' ? 'password' : 'id');
      this.draw();
    }
  }

  RED.goip ??= {};
  RED.goip.Discovery = Discovery;
})();
