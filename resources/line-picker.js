/**
 * The lines of a server in the dialogs of the flow nodes: to be picked there, and to be named in labels.
 * Node-RED serves this file, and goip-server.html loads it.
 */
(function () {
  /** From so many on, a list can be filtered. */
  const MANY = 9;
  /** Names that are told in one line. */
  const MOST_NAMED = 4;

  const CATALOGUE = '@goip-sms/node-red-goip/goip-server:goip-server.';
  const translate = (key, values) => RED._(CATALOGUE + 'picker.' + key, values ?? {});

  const textOf = (value) => String(value ?? '').trim();

  /** Filled in when the flow starts: nobody knows what it will be. */
  const isVariable = (name) => /^\$\{[^}]+\}$/.test(name);

  /** The devices of a server that have an id, as they stand in the editor. */
  const devicesOf = (serverId) => {
    const devices = RED.nodes.node(serverId)?.devices;
    return Array.isArray(devices) ? devices.filter((device) => textOf(device?.id) !== '') : [];
  };

  /** The ids of each group. */
  const groupsOf = (devices) => {
    const groups = new Map();
    for (const device of devices) {
      const group = textOf(device.group);
      if (group !== '') groups.set(group, [...(groups.get(group) ?? []), String(device.id)]);
    }
    return groups;
  };

  const listOf = (names) => {
    const others = names.length - MOST_NAMED;
    return names.slice(0, MOST_NAMED).join(', ') + (others > 0 ? ` +${others}` : '');
  };

  /**
   * Lines or groups in a few words, as labels of nodes have them: `Office`, `Office +2`, `any line`.
   * @param nothing what it means if there are none, `any` or `all`
   */
  const describeLines = (serverId, names, nothing) => {
    if (names.length === 0) return translate(nothing);
    const device = devicesOf(serverId).find(({ id }) => String(id) === names[0]);
    const first = textOf(device?.name) || names[0];
    return names.length === 1 ? first : `${first} +${names.length - 1}`;
  };

  /** The first name that is neither a line nor a group of the server, as far as that can be told. */
  const unknownLine = (serverId, names) => {
    if (!RED.nodes.node(serverId)) return undefined;
    const devices = devicesOf(serverId);
    const known = new Set([...devices.map(({ id }) => String(id)), ...groupsOf(devices).keys()]);
    if ([...known].some(isVariable)) return undefined;
    return names.find((name) => !isVariable(name) && !known.has(name));
  };

  const iconButton = (icon, label, onClick) =>
    $('<button type="button" class="red-ui-button"></button>')
      .append($('<i aria-hidden="true"></i>').addClass(`fa ${icon}`))
      .attr({ title: label, 'aria-label': label })
      .on('click', onClick);

  /** A row, to be cloned: there may be hundreds, and that is much quicker than building each. */
  const pattern = $(
    '<label class="goip-check"><input type="checkbox" /><span class="goip-picker-dot"></span>' +
      '<span></span><span class="goip-hint"></span></label>',
  )[0];

  let pickers = 0;

  /** A list of lines with check marks. Names that the server does not know stay, to be seen and to be taken out. */
  class LinePicker {
    constructor(
      box,
      { label, server, names, hasGroups = false, hint = translate('hint'), other = translate('other') },
    ) {
      this.server = server;
      this.hasGroups = hasGroups;
      this.before = names;
      this.chosen = new Set(names);
      this.offered = new Set(names);
      this.hint = hint;
      this.rows = new Map();
      this.lines = new Map();
      this.unfollow = () => undefined;
      const id = `goip-picker-${(pickers += 1)}`;
      label.attr('id', id);
      this.list = $('<div class="goip-picker-list" role="group"></div>').attr('aria-labelledby', id);
      this.said = $('<div class="goip-hint" role="status"></div>');
      this.buildTools(box);
      box.append(this.list, this.buildOther(other), this.said);
      this.list.on('keydown', (event) => this.move(event));
      this.list.on('focusin', 'input', ({ target }) => this.enterBy($(target)));
      server.on('change', () => {
        this.draw();
        this.follow();
      });
      this.draw();
      this.follow();
    }

    /** Shows who is online, as long as there is a list to show it in; to those who may read. */
    follow() {
      this.unfollow();
      this.showStates(new Map());
      if (!RED.user.hasPermission('goip-server.read')) return;
      const show = (server) => {
        if (this.list[0].isConnected) this.showStates(server?.lines ?? new Map());
        else this.unfollow();
      };
      this.unfollow = RED.goip.live.follow(this.server.val(), this.list[0], show, (refusal) => {
        if (refusal) this.showStates(new Map());
      });
    }

    /** What is chosen: what was chosen before first, in its order. Nobody can tell what has been ticked twice. */
    get names() {
      this.takeOther();
      const kept = this.before.filter((name) => this.chosen.has(name));
      return [...kept, ...[...this.chosen].filter((name) => !kept.includes(name))];
    }

    buildTools(box) {
      const filter = translate('filter');
      this.search = $('<input type="text" />').attr({ 'aria-label': filter, placeholder: filter });
      const tick = iconButton('fa-check-square-o', translate('tick'), () => this.tickShown(true));
      const untick = iconButton('fa-square-o', translate('untick'), () => this.tickShown(false));
      this.tools = $('<div class="goip-picker-tools"></div>').append(this.search, tick, untick);
      // In its place first: the search box makes a form of its own where it is in none.
      box.append(this.tools);
      this.search.searchBox({ style: 'compact', change: () => this.filter() });
      // By itself it does not notice what is pasted with the mouse.
      this.search.on('input', () => this.search.searchBox('value', this.search.val()));
      this.tools.find('.red-ui-searchBox-clear').attr('aria-label', translate('clear'));
    }

    buildOther(placeholder) {
      const attributes = { placeholder, 'aria-label': placeholder, autocomplete: 'off', spellcheck: 'false' };
      this.other = $('<input type="text" />').attr(attributes);
      this.other.on('keydown', (event) => {
        if (event.key !== 'Enter') return;
        event.preventDefault();
        this.takeOther();
      });
      const add = iconButton('fa-plus', translate('add'), () => this.takeOther());
      return $('<div class="goip-picker-add"></div>').append(this.other, add);
    }

    takeOther() {
      const name = this.other.val().trim();
      this.other.val('');
      if (name === '') return;
      this.chosen.add(name);
      this.offered.add(name);
      this.draw();
      this.rows.get(name)?.row.scrollIntoView({ block: 'nearest' });
    }

    draw() {
      const devices = devicesOf(this.server.val());
      const groups = this.hasGroups ? groupsOf(devices) : new Map();
      const known = new Set([...groups.keys(), ...devices.map(({ id }) => String(id))]);
      this.rows.clear();
      // Where they are seen.
      for (const name of new Set([...this.offered, ...this.chosen])) {
        if (!known.has(name))
          this.addRow(name, translate(isVariable(name) ? 'variable' : 'unknown'), 'goip-picker-unknown');
      }
      for (const [group, ids] of groups) this.addRow(group, translate('group-of', { ids: listOf(ids) }));
      for (const { id, name, group, disabled } of devices) {
        const off = textOf(disabled) === 'true' ? RED._(CATALOGUE + 'knock-reason.disabled') : '';
        this.addRow(String(id), [name, group, off].map(textOf).filter(Boolean).join(' · '));
      }
      this.list[0].replaceChildren(...[...this.rows.values()].map(({ row }) => row));
      this.tools.toggle(this.rows.size >= MANY);
      this.filter();
      this.showStates(this.lines);
      this.showChosen();
    }

    addRow(name, hint, className = '') {
      if (this.rows.has(name)) return;
      const row = pattern.cloneNode(true);
      const [mark, dot, title, told] = row.children;
      if (className) row.classList.add(className);
      mark.value = name;
      mark.checked = this.chosen.has(name);
      mark.addEventListener('change', () => this.take(name, mark.checked));
      title.textContent = name;
      told.textContent = hint;
      this.rows.set(name, { row, mark, dot, words: `${name} ${hint}`.toLowerCase() });
    }

    take(name, isTicked) {
      if (isTicked) this.chosen.add(name);
      else this.chosen.delete(name);
      this.showChosen();
    }

    showChosen() {
      const { size } = this.chosen;
      const isEmpty = this.rows.size === 0 && RED.nodes.node(this.server.val());
      const nothing = isEmpty ? `${translate('none')} ${this.hint}` : this.hint;
      this.said.text(size === 0 ? nothing : translate('ticked', { names: listOf([...this.chosen]) }));
    }

    /** Shows the rows that have all words. */
    filter() {
      const words = this.rows.size >= MANY ? this.search.val().toLowerCase().split(/\s+/).filter(Boolean) : [];
      for (const { row, words: own } of this.rows.values()) row.hidden = !words.every((word) => own.includes(word));
      this.search.searchBox('count', words.length > 0 ? `${this.shownMarks().length} / ${this.rows.size}` : '');
      this.enterBy(this.shownMarks().first());
    }

    shownMarks() {
      return this.list.find('label:not([hidden]) > input');
    }

    tickShown(isTicked) {
      for (const [name, { row, mark }] of this.rows) {
        if (row.hidden) continue;
        mark.checked = isTicked;
        this.take(name, isTicked);
      }
    }

    /** The list is one stop of the Tab key, however long it is; within, the arrow keys lead on. */
    move(event) {
      const marks = this.shownMarks();
      const place = marks.index(event.target);
      const last = marks.length - 1;
      const next = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: last }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      marks.eq(Math.min(Math.max(next, 0), last)).trigger('focus');
    }

    enterBy(mark) {
      this.list.find('input[tabindex="0"]').add(this.list.find('input:not([tabindex])')).attr('tabindex', -1);
      mark.attr('tabindex', 0);
    }

    /** Dots, where it is known; the rows of others stay in line with them. */
    showStates(lines) {
      this.lines = lines;
      this.list.toggleClass('goip-picker-live', lines.size > 0);
      for (const [name, { dot }] of this.rows) {
        const online = lines.get(name)?.online;
        const isKnown = online !== undefined;
        dot.classList.toggle('goip-picker-online', online === true);
        dot.classList.toggle('goip-picker-offline', online === false);
        if (isKnown) {
          const label = translate(online ? 'online' : 'offline');
          dot.setAttribute('role', 'img');
          dot.setAttribute('aria-label', label);
          dot.title = label;
        } else for (const attribute of ['role', 'aria-label', 'title']) dot.removeAttribute(attribute);
      }
    }
  }

  RED.goip ??= {};
  Object.assign(RED.goip, {
    describeLines,
    unknownLine,

    /**
     * Builds a list of lines to be ticked. Returns a function that tells the names of those that are.
     * @param box where to build it
     * @param options.label the element that names it
     * @param options.server the input that has the id of the server
     * @param options.names what is ticked at first
     * @param options.hasGroups whether groups of devices are names, too
     * @param options.hint what it means if nothing is ticked; by default, all lines
     * @param options.other what can be typed besides; by default, an id
     */
    linePicker(box, options) {
      const picker = new LinePicker(box, options);
      return () => picker.names;
    },
  });
})();
