/** The devices of a server in its dialog: a list to edit, to filter and to take back what was done to it. */
(function () {
  class DeviceTable {
    /**
     * @param list the `ol` that becomes the list
     * @param check is called when something may be right or wrong now that was not before
     */
    constructor(node, list, check) {
      Object.assign(this, { node, list, check });
      /** Rows by their `li`. */
      this.rowOf = new WeakMap();
      /** What can be taken back, the latest last: what was done, and how. */
      this.done = [];
      this.pattern = RED.goip.buildDevicePattern(node);
      this.said = $('<div class="goip-said" role="status"></div>');
      this.sight = new IntersectionObserver((entries) => this.seen(entries), { rootMargin: '300px' });
      list.addClass('goip-devices').editableList({
        header: this.buildHeader(),
        addButton: this.text('devices.add'),
        height: 'auto',
        sortable: true,
        scrollOnAdd: false,
        addItem: (container, _index, row) => this.place(container, row),
      });
      list.parent().addClass('goip-devices-frame');
      this.buildFilter();
      this.listen();
    }

    text(key, values) {
      return this.node._('goip-server.' + key, values);
    }

    buildHeader() {
      const title = (name) => $(`<span class="goip-header-${name}"></span>`).text(this.text('devices.' + name));
      return $('<div class="goip-cells goip-header"></div>').append(
        ...[
          '<span class="goip-header-start"></span>',
          title('id'),
          title('name'),
          title('group').addClass('goip-narrow'),
        ],
        title('password'),
        '<span class="goip-header-end"></span>',
      );
    }

    /** Puts a new row into its place in the page. The button of the list makes one without a seed. */
    place(container, row) {
      const isNew = !(row instanceof RED.goip.DeviceRow);
      const placed = isNew ? new RED.goip.DeviceRow(this, {}) : row;
      const item = container[0].parentNode;
      this.rowOf.set(item, placed);
      placed.place(container[0]);
      // The first ones are seen at once; the others are built when they come in sight.
      if (isNew || item.parentNode.children.length <= BUILT_AT_ONCE) placed.build();
      else this.sight.observe(item);
      if (!isNew) return;
      placed.id.input.trigger('focus');
      this.changed();
    }

    /** Rows have come in sight, or nearly so: one goes on to the next with the Tab key, too. */
    seen(entries) {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        this.sight.unobserve(target);
        this.rowOf.get(target).build();
      }
    }

    listen() {
      const { list } = this;
      const on = (event, name, react) =>
        list.on(event, '.goip-device-' + name, ({ target }) => react(this.rowOf.get(target.closest('li'))));
      list.on('input change', 'input', () => this.check());
      on('input', 'password', (row) => row.showPassword());
      on('change', 'enabled', (row) => row.showEnabled());
      on('click', 'reveal', (row) => row.toggleReveal());
      on('click', 'forget', (row) => {
        row.toggleForgotten();
        this.check();
      });
      on('click', 'more', (row) => row.toggleDetails());
      on('click', 'delete', (row) => this.delete(row));
      on('click', 'duplicate', (row) => this.duplicate(row));
      // Few of the fields are ever typed into.
      on('focusin', 'group', (row) => this.offerGroups(row));
      $('#node-config-input-password').on('input change', () => this.showCommonPassword());
      list.closest('form').on('keydown', (event) => {
        const isUndo = event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey) && !event.shiftKey;
        // In a text, it takes back what was typed there.
        if (!isUndo || $(event.target).is('input[type="text"], input[type="password"], textarea')) return;
        event.preventDefault();
        event.stopPropagation();
        this.undo();
      });
    }

    /** All rows as they stand. */
    rows() {
      return [...this.list[0].children].map((item) => this.rowOf.get(item)).filter(Boolean);
    }

    values() {
      return this.rows().map((row) => row.value());
    }

    /** Passwords to be changed, by the key of their row. */
    passwordChanges() {
      const changes = this.rows().map((row) => [row.key, row.passwordChange()]);
      return Object.fromEntries(changes.filter(([, change]) => change !== undefined));
    }

    mark(problems) {
      this.rows().forEach((row, index) => row.mark(problems[index]));
    }

    /** Appends a row for each seed. */
    addAll(seeds) {
      const rows = seeds.map((seed) => new RED.goip.DeviceRow(this, seed));
      for (const row of rows) this.list.editableList('addItem', row);
      this.changed();
      return rows;
    }

    /** Other rows are there than before. */
    changed() {
      this.tools.toggle(this.list[0].children.length > FEW_ROWS || this.search.val() !== '');
      if (this.search.val() !== '') this.showCount();
      this.check();
      this.onChanged?.();
    }

    find(id) {
      return this.rows().find((row) => row.shownId === id);
    }

    /** Shows a row, whatever is filtered, and puts the cursor into one of its fields. */
    show(row, name = 'id') {
      row.build();
      if (!row.hasWords(this.words())) this.search.val('').trigger('input');
      const field = row.find('.goip-device-' + name);
      field.scrollIntoView({ block: 'nearest' });
      field.focus();
    }

    offerGroups(row) {
      if (row.isOffering) return;
      row.isOffering = true;
      const others = () =>
        this.rows()
          .filter((one) => one !== row)
          .map((one) => one.value())
          .filter(({ id }) => id);
      RED.goip.names.offer(row.group.input, (typed) => RED.goip.names.suggestGroups(typed, others()));
    }

    // --- passwords

    hasCommonPassword() {
      return $('#node-config-input-password').val() !== '';
    }

    showCommonPassword() {
      const hasOne = this.hasCommonPassword();
      if (hasOne === this.hadCommonPassword) return;
      this.hadCommonPassword = hasOne;
      for (const row of this.rows()) if (row.isBuilt) row.showPassword();
    }

    // --- the filter

    buildFilter() {
      this.search = $('<input type="text" class="goip-device-filter" />').attr({
        placeholder: this.text('devices.filter'),
        'aria-label': this.text('devices.filter'),
      });
      this.count = $('<span class="goip-hint" role="status"></span>');
      this.tools = $('<div class="goip-device-tools"></div>').append(this.search, this.count);
      this.list.closest('.red-ui-editableList').before(this.tools).after(this.said);
      this.search.on('input', () => this.filter());
      // Else the dialog would close.
      this.search.on('keydown', (event) => {
        if (event.key === 'Enter') event.preventDefault();
        if (event.key !== 'Escape' || this.search.val() === '') return;
        event.stopPropagation();
        this.search.val('').trigger('input');
      });
    }

    words() {
      return this.search.val().toLowerCase().split(/\s+/).filter(Boolean);
    }

    filter() {
      const words = this.words();
      for (const row of this.rows()) row.container.parentNode.hidden = !row.hasWords(words);
      this.showCount();
    }

    showCount() {
      const items = [...this.list[0].children];
      const counts = { shown: items.filter((item) => !item.hidden).length, all: items.length };
      this.count.text(this.search.val().trim() === '' ? '' : this.text('devices.count', counts));
    }

    // --- what can be taken back

    delete(row) {
      const item = row.container.parentNode;
      const next = item.nextElementSibling;
      const [id, list] = [row.shownId, this.list[0]];
      // It stays as it is, with what was typed.
      item.remove();
      this.changed();
      this.did(this.text(id ? 'devices.deleted' : 'devices.deleted-new', { id }), () => {
        list.insertBefore(item, next?.parentNode === list ? next : null);
        this.show(row);
      });
    }

    /** The copy has no password of its own: nobody here knows that of the original. */
    duplicate(row) {
      const given = { ...row.value(), key: undefined };
      const id = RED.goip.ids.nextFree(given.id ?? '', new Set(this.rows().map((one) => one.value().id)));
      const copy = new RED.goip.DeviceRow(this, { given: { ...given, id } });
      this.list.editableList('insertItemAt', copy, this.rows().indexOf(row) + 1);
      // Behind the last one, the list has no place.
      row.container.parentNode.after(copy.container.parentNode);
      this.changed();
      this.show(copy);
      this.did(
        this.text('devices.duplicated', { id, original: given.id ?? '' }),
        () => copy.container.parentNode.remove(),
        {
          isFocused: false,
        },
      );
    }

    /** Tells what was done, with a button that takes it back. */
    did(told, undo, { isFocused = true } = {}) {
      this.done.push({ told, undo });
      this.showDone();
      if (isFocused) this.said.find('button').trigger('focus');
    }

    showDone() {
      const last = this.done.at(-1);
      this.said.empty();
      if (!last) return;
      const button = $('<button type="button" class="red-ui-button red-ui-button-small"></button>');
      button.append(
        '<i class="fa fa-undo" aria-hidden="true"></i> ',
        $('<span></span>').text(this.text('devices.undo')),
      );
      button.on('click', () => this.undo());
      this.said.append($('<span></span>').text(last.told), button);
    }

    undo() {
      const last = this.done.pop();
      if (!last) return;
      last.undo();
      this.showDone();
      this.changed();
    }
  }

  const BUILT_AT_ONCE = 30;

  /** As many can be overlooked without a filter. */
  const FEW_ROWS = 8;

  RED.goip ??= {};
  RED.goip.DeviceTable = DeviceTable;
})();
