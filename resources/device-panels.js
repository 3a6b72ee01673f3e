/** What adds many devices at once: a block that is pasted, or the lines of a box. Each is a panel below the table. */
(function () {
  /** Reasons that are told one by one. */
  const MOST_REASONS = 8;
  const MOST_LINES = 256;

  /** A panel that a button opens and closes. */
  class Panel {
    constructor(table, name, icon) {
      this.table = table;
      const label = this.text(name + '.open');
      this.opener = $('<button type="button" class="red-ui-button red-ui-button-small" aria-expanded="false"></button>')
        .append(`<i class="fa ${icon}" aria-hidden="true"></i> `, $('<span></span>').text(label))
        .on('click', () => this.toggle());
      this.title = $('<div class="goip-panel-title"></div>').text(label);
      this.body = $('<div></div>');
      this.panel = $('<div class="goip-panel" role="group"></div>')
        .addClass(`goip-panel-${name}`)
        .attr('aria-label', label)
        .append(this.title, this.body)
        .prop('hidden', true)
        .on('keydown', (event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          this.toggle();
        });
    }

    text(key, values) {
      return this.table.text(key, values);
    }

    toggle() {
      const isShown = this.panel.prop('hidden');
      this.panel.prop('hidden', !isShown);
      this.opener.attr('aria-expanded', String(isShown));
      if (isShown) this.opened();
      else this.opener.trigger('focus');
    }

    button(label, react) {
      const made = $('<button type="button" class="red-ui-button"></button>').append($('<span></span>').text(label));
      return made.on('click', react);
    }

    ids() {
      return this.table.values().map(({ id }) => id);
    }

    /** Adds devices, each with a password or without. */
    add(devices) {
      const rows = this.table.addAll(
        devices.map(({ password, ...given }) => ({ given, ...(password && { change: password }) })),
      );
      const text = this.text('devices.added', { count: devices.length });
      this.table.did(text, () => rows.forEach((row) => row.container.parentNode.remove()), { isFocused: false });
      return rows;
    }

    /** Which devices are left out, and why. */
    showReasons(list, leftOut) {
      const told = leftOut.slice(0, MOST_REASONS).map(({ line, id, problem }) => {
        const key = line === undefined ? 'left-out.device' : id ? 'left-out.line' : 'left-out.line-only';
        return this.text(key, { line, id, reason: this.text('left-out.' + problem) });
      });
      const more = leftOut.length - told.length;
      if (more > 0) told.push(this.text('left-out.more', { count: more }));
      list.empty().append(told.map((text) => $('<li></li>').text(text)));
    }
  }

  class PastePanel extends Panel {
    constructor(table) {
      super(table, 'paste', 'fa-clipboard');
      this.area = $('<textarea rows="5" spellcheck="false" autocomplete="off" wrap="off"></textarea>').attr({
        'aria-label': this.text('paste.open'),
        placeholder: this.text('paste.example'),
      });
      this.summary = $('<div role="status"></div>');
      this.reasons = $('<ul></ul>');
      this.submit = this.button('', () => this.take());
      this.body.append(
        $('<div class="goip-hint"></div>').text(this.text('paste.hint')),
        ...[this.area, this.summary, this.reasons],
        $('<div class="goip-panel-foot"></div>').append(this.submit),
      );
      this.area.on('input', () => this.look());
      this.look();
    }

    opened() {
      this.look();
      this.area.trigger('focus');
    }

    /** Into the panel instead of one field: a block of lines, or of cells, is no id. */
    offer(text) {
      this.area.val(text);
      if (this.panel.prop('hidden')) this.toggle();
      else this.opened();
    }

    /** Shows what would be added. */
    look() {
      const text = this.area.val();
      const names = ['id', 'name', 'group', 'password'];
      const titles = Object.fromEntries(
        names.flatMap((name) => [name, this.text('devices.' + name).toLowerCase()].map((title) => [title, name])),
      );
      this.found = RED.goip.devicesIn(text, titles, this.ids());
      const { devices, leftOut } = this.found;
      const counts = { count: devices.length, left: leftOut.length };
      this.submit.prop('disabled', devices.length === 0);
      this.submit.find('span').text(this.text('paste.add', counts));
      this.summary.text(text.trim() === '' ? '' : this.text('paste.found', counts));
      this.showReasons(this.reasons, leftOut);
    }

    take() {
      const { devices, leftOut } = this.found;
      this.area.val('');
      this.look();
      const [first] = this.add(devices);
      this.summary.text(this.text('paste.done', { count: devices.length, left: leftOut.length }));
      this.showReasons(this.reasons, leftOut);
      this.table.show(first);
    }
  }

  class BoxPanel extends Panel {
    constructor(table) {
      super(table, 'box', 'fa-server');
      const field = (name, value) => {
        const input = $('<input type="text" autocomplete="off" spellcheck="false" />').val(value);
        const label = $('<label></label>').append($('<span></span>').text(this.text('box.' + name)), input);
        return { input: input.addClass(`goip-box-${name}`), label };
      };
      const [first, count, group] = [field('first', 'gw1-01'), field('count', '16'), field('group', '')];
      Object.assign(this, { first: first.input, count: count.input, group: group.input });
      this.withPasswords = $('<input type="checkbox" class="goip-box-passwords" />').prop('checked', true);
      this.summary = $('<div role="status"></div>');
      this.reasons = $('<ul></ul>');
      this.submit = this.button(this.text('box.add'), () => this.take());
      this.result = $('<div class="goip-box-result"></div>').prop('hidden', true);
      this.body.append(
        $('<div class="goip-panel-fields"></div>').append(first.label, count.label, group.label),
        $('<label class="goip-check"></label>').append(
          this.withPasswords,
          $('<span></span>').text(this.text('box.passwords')),
        ),
        ...[this.summary, this.reasons, $('<div class="goip-panel-foot"></div>').append(this.submit), this.result],
      );
      this.body.on('input', () => this.look());
    }

    opened() {
      this.first.val(this.nextBox());
      this.look();
      this.first.trigger('focus').trigger('select');
    }

    /** `gw2-01`, where `gw1-01` is there already. */
    nextBox() {
      const ids = new Set(this.ids());
      let box = 1;
      while (ids.has(`gw${box}-01`)) box += 1;
      return `gw${box}-01`;
    }

    /** The devices as they stand in the fields. */
    look() {
      const [first, count] = [this.first.val().trim(), Number(this.count.val())];
      const isCount = Number.isInteger(count) && count >= 1 && count <= MOST_LINES;
      this.count.toggleClass('input-error', !isCount);
      const isId = first !== '' && RED.goip.rules.isCarriable(first) && !RED.goip.rules.isVariable(first);
      this.first.toggleClass('input-error', !isId);
      const ids = isCount && isId ? Array.from({ length: count }, (_, index) => RED.goip.ids.nth(first, index)) : [];
      const known = new Set(this.ids());
      const group = this.group.val().trim() || undefined;
      this.devices = ids.filter((id) => !known.has(id)).map((id) => ({ id, group }));
      this.submit.prop('disabled', this.devices.length === 0);
      this.summary.text(this.describe(ids, isId, isCount));
      this.showReasons(
        this.reasons,
        ids.filter((id) => known.has(id)).map((id) => ({ id, problem: 'known' })),
      );
    }

    describe(ids, isId, isCount) {
      if (!isId) return this.text('box.wrong-id');
      if (!isCount) return this.text('box.wrong-count', { most: MOST_LINES });
      return this.text('box.found', { count: this.devices.length, first: ids[0], last: ids.at(-1) });
    }

    take() {
      const hasPasswords = this.withPasswords.prop('checked');
      const devices = this.devices.map((device) => ({
        ...device,
        ...(hasPasswords && { password: RED.goip.ids.newPassword() }),
      }));
      this.add(devices);
      this.first.val(this.nextBox());
      this.look();
      this.showPasswords(hasPasswords ? devices : []);
    }

    /** For the web page of the gateway: nobody can read them here again after the deploy. */
    showPasswords(devices) {
      this.result.empty().prop('hidden', devices.length === 0);
      if (devices.length === 0) return;
      const lines = devices.map(({ id, password }) => `${id},${password}`);
      const area = $('<textarea readonly rows="6" spellcheck="false"></textarea>')
        .attr('aria-label', this.text('box.table'))
        .val(lines.join('\n'));
      const copy = this.button(this.text('box.copy'), () => RED.clipboard.copyText(area.val(), copy, 'left'));
      const hide = this.button(this.text('box.hide'), () => this.showPasswords([]));
      this.result.append(
        $('<div></div>').text(this.text('box.once')),
        ...[area, $('<div class="goip-panel-foot"></div>').append(copy, hide)],
      );
      area.trigger('focus').trigger('select');
    }
  }

  /** Puts the panels below a table, and their buttons beside that which adds one device. */
  const addPanels = (table) => {
    const list = table.list.closest('.red-ui-editableList');
    const paste = new PastePanel(table);
    const box = new BoxPanel(table);
    list.append(paste.opener.addClass('goip-opener'), box.opener.addClass('goip-opener'));
    table.said.after(paste.panel, box.panel);
    table.list.on('paste', '.goip-device-id', ({ originalEvent }) => {
      const text = originalEvent.clipboardData?.getData('text') ?? '';
      if (!/[\t\n]/.test(text.trim())) return;
      originalEvent.preventDefault();
      paste.offer(text);
    });
  };

  RED.goip ??= {};
  RED.goip.addDevicePanels = addPanels;
})();
