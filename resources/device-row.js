/** One device in the table of the server's dialog. There may be hundreds: until a row comes in sight, it is a text. */
(function () {
  const text = (node, key, values) => node._('goip-server.' + key, values);

  const button = (node, name, icon, label) =>
    $('<button type="button" class="red-ui-button"></button>')
      .addClass(`goip-device-${name}`)
      .attr({ title: text(node, label), 'aria-label': text(node, label) })
      .append($('<i aria-hidden="true"></i>').addClass(`fa ${icon}`));

  /** What all rows look like at first: cloning it is much quicker than building each. */
  const buildPattern = (node) => {
    const field = (name) => RED.goip.names.buildInput(node, 'device', name);
    const enabled = $('<input type="checkbox" class="goip-device-enabled" />').attr({
      title: text(node, 'devices.enabled'),
      'aria-label': text(node, 'devices.enabled'),
    });
    const live = $(
      '<span class="goip-device-live"><span class="goip-dot"></span><span class="goip-bars"></span></span>',
    );
    live.find('.goip-bars').append('<i></i><i></i><i></i><i></i>').prop('hidden', true);
    live.find('.goip-dot').prop('hidden', true);
    const password = $('<input type="password" class="goip-device-password" autocomplete="new-password" />');
    const cells = $('<div class="goip-cells"></div>').append(
      ...[enabled, live, field('id'), field('name'), field('group').addClass('goip-narrow')],
      password.attr('aria-label', text(node, 'devices.password')),
      button(node, 'reveal', 'fa-eye', 'devices.reveal').prop('hidden', true),
      button(node, 'forget', 'fa-eraser', 'devices.forget'),
      '<span class="goip-button-space"></span>',
      button(node, 'more', 'fa-ellipsis-h', 'devices.more').attr('aria-expanded', 'false'),
      button(node, 'delete', 'fa-remove', 'devices.delete'),
    );
    return $('<div></div>').append(cells, '<div class="goip-row-problem"></div>')[0];
  };

  class DeviceRow {
    /**
     * @param seed `key`, `given` (as in the flow), `change` of the password that is not deployed yet, and `own`: has it a
     * password of its own? undefined where nobody knows
     */
    constructor(table, { key, given = {}, change, own = false }) {
      Object.assign(this, { table, key: key ?? RED.nodes.id(), given, own });
      this.forgotten = change === null;
      this.change = change ?? '';
    }

    get node() {
      return this.table.node;
    }

    /** Takes its place in the page, as a text for a start. */
    place(container) {
      this.container = container;
      container.textContent = this.shownId;
      container.classList.add('goip-device-unbuilt');
    }

    /** Builds its fields, once. */
    build() {
      if (this.isBuilt) return;
      const { given, container } = this;
      this.isBuilt = true;
      container.classList.remove('goip-device-unbuilt');
      container.replaceChildren(...this.table.pattern.cloneNode(true).childNodes);
      [this.cells, this.problem] = container.children;
      const field = (name) => RED.goip.names.fieldOf($(this.find('.goip-device-' + name)), given[name]);
      [this.id, this.name, this.group] = SHOWN.map(field);
      this.enabled = this.find('.goip-device-enabled');
      this.enabled.checked = String(given.disabled) !== 'true';
      // What an environment variable says is not known here.
      this.enabled.indeterminate = RED.goip.rules.isVariable(given.disabled);
      this.password = this.find('.goip-device-password');
      this.password.value = this.change;
      this.showPassword();
      this.showEnabled();
      this.showLine(this.line);
      if (given.allow || given.limits) this.unfold();
      if (this.isMarked) this.showProblem();
    }

    /** Its id as it stands. */
    get shownId() {
      return this.isBuilt ? this.id.input.val().trim() : String(this.given.id ?? '');
    }

    find(selector) {
      return this.container.querySelector(selector);
    }

    get isEnabled() {
      if (!this.isBuilt) return String(this.given.disabled) !== 'true';
      return this.enabled.checked || this.enabled.indeterminate;
    }

    value() {
      if (!this.isBuilt) return { ...this.given, key: this.key };
      const wasEnabled = String(this.given.disabled) !== 'true';
      const isAsGiven = this.enabled.indeterminate || this.enabled.checked === wasEnabled;
      return {
        ...this.given,
        key: this.key,
        id: this.id.value(),
        name: this.name.value(),
        group: this.group.value(),
        allow: this.allow ? this.allow.value() : this.given.allow,
        disabled: isAsGiven ? this.given.disabled : !this.enabled.checked || undefined,
      };
    }

    /** What is to become of its password: a new one, null for none, undefined to leave it. */
    passwordChange() {
      return this.forgotten ? null : this.shownPassword || undefined;
    }

    get shownPassword() {
      return this.isBuilt ? this.password.value : this.change;
    }

    /** Shows what is known of its password: of a stored one no more than that it is there. */
    showPassword() {
      const { password, forgotten, own } = this;
      const isTyped = password.value !== '';
      const state = forgotten
        ? 'removed'
        : own === undefined
          ? 'unchanged'
          : own
            ? 'stored'
            : this.table.hasCommonPassword()
              ? 'common'
              : 'no-password';
      password.placeholder = text(this.node, 'placeholder.' + state);
      password.title = isTyped ? '' : text(this.node, 'password-state.' + state);
      password.disabled = forgotten;
      const [reveal, forget] = [this.find('.goip-device-reveal'), this.find('.goip-device-forget')];
      reveal.hidden = !isTyped;
      forget.hidden = isTyped || own === false;
      this.find('.goip-button-space').hidden = !reveal.hidden || !forget.hidden;
      if (!isTyped) this.reveal(false);
      relabel(forget, text(this.node, forgotten ? 'devices.restore' : 'devices.forget'));
      forget.firstChild.className = forgotten ? 'fa fa-undo' : 'fa fa-eraser';
    }

    reveal(isShown) {
      const button = this.find('.goip-device-reveal');
      this.password.type = isShown ? 'text' : 'password';
      button.firstChild.className = isShown ? 'fa fa-eye-slash' : 'fa fa-eye';
      relabel(button, text(this.node, isShown ? 'devices.hide' : 'devices.reveal'));
    }

    toggleReveal() {
      this.reveal(this.password.type === 'password');
    }

    toggleForgotten() {
      this.forgotten = !this.forgotten;
      this.password.value = '';
      this.showPassword();
    }

    showEnabled() {
      this.container.classList.toggle('goip-device-off', !this.isEnabled);
    }

    enable() {
      this.enabled.checked = true;
      this.enabled.indeterminate = false;
      this.showEnabled();
      this.table.check();
    }

    /** Shows how its line is: undefined for one that is not deployed. */
    showLine(line) {
      if (line === this.line && line === this.shownLine) return;
      this.line = line;
      if (!this.isBuilt) return;
      this.shownLine = line;
      const [dot, bars] = [this.find('.goip-dot'), this.find('.goip-bars')];
      const lit = line && RED.goip.live.barsOf(line.signal);
      dot.hidden = line === undefined;
      bars.hidden = lit === undefined;
      this.showError(line?.lastError);
      if (!line) return;
      dot.classList.toggle('goip-online', line.online);
      depict(dot, text(this.node, line.online ? 'live.online' : 'live.offline'));
      depict(bars, text(this.node, 'live.signal', { signal: line.signal }));
      [...bars.children].forEach((bar, index) => bar.classList.toggle('goip-lit', index < lit));
    }

    showError(error) {
      this.error ??= error && $('<div class="goip-hint goip-device-error"></div>').insertAfter(this.cells)[0];
      if (!this.error) return;
      this.error.textContent = error ? `${RED.goip.live.timeOf(error.at)} ${error.code}: ${error.reason}` : '';
    }

    /** Builds what few rows have, when it is asked for. */
    unfold() {
      const { given, node } = this;
      const input = RED.goip.names.buildInput(node, 'device', 'allow');
      this.allow = RED.goip.names.fieldOf(input, given.allow);
      this.details = $('<div class="goip-device-details"></div>').append(
        $('<div class="goip-device-access"></div>').append(
          $('<span class="goip-hint" aria-hidden="true"></span>').text(text(node, 'devices.allow')),
          input,
          button(node, 'duplicate', 'fa-clone', 'devices.duplicate'),
        ),
        this.limitsHint(),
      )[0];
      this.problem.before(this.details);
      this.find('.goip-device-more').setAttribute('aria-expanded', 'true');
    }

    toggleDetails() {
      if (this.details) {
        this.details.hidden = !this.details.hidden;
        this.find('.goip-device-more').setAttribute('aria-expanded', String(!this.details.hidden));
      } else {
        this.unfold();
      }
      if (!this.details.hidden) this.allow.input.trigger('focus');
    }

    /** Limits of a device of its own are made by hand, and are shown so that nobody wonders about the line. */
    limitsHint() {
      const { node } = this;
      const { limits } = this.given;
      const own = Object.keys(RED.goip.rules.LIMITS).filter((property) => limits?.[property] !== undefined);
      if (own.length === 0) return $();
      const list = own.map((property) => `${text(node, 'label.' + property)}: ${limits[property]}`).join(', ');
      return $('<div class="goip-hint goip-device-limits"></div>').text(text(node, 'devices.own-limits', { list }));
    }

    /** Marks it as wrong, or as right. */
    mark(deviceProblem) {
      const passwordProblem = RED.goip.rules.isCarriable(this.shownPassword) ? undefined : PASSWORD_PROBLEM;
      const isWrong = Boolean(deviceProblem ?? passwordProblem);
      if (!isWrong && !this.isMarked) return;
      Object.assign(this, { deviceProblem, passwordProblem, isMarked: isWrong });
      if (this.isBuilt) this.showProblem();
    }

    showProblem() {
      const { deviceProblem, passwordProblem } = this;
      const worst = deviceProblem ?? passwordProblem;
      const isAboutAccess = deviceProblem?.key === 'device-allow';
      this.id.input.toggleClass('input-error', deviceProblem !== undefined && !isAboutAccess);
      this.allow?.input.toggleClass('input-error', isAboutAccess);
      this.password.classList.toggle('input-error', passwordProblem !== undefined);
      this.problem.textContent = worst ? RED.goip.rules.describe(this.node, worst) : '';
    }

    /** Has it all of these words, in small letters? */
    hasWords(words) {
      if (words.length === 0) return true;
      const shown = SHOWN.map((name) => (this.isBuilt ? this[name].input[0].value : (this.given[name] ?? '')));
      const all = shown.join('\n').toLowerCase();
      return words.every((word) => all.includes(word));
    }
  }

  const SHOWN = ['id', 'name', 'group'];
  const PASSWORD_PROBLEM = { key: 'password-characters' };

  /** Shows an element as a picture with a name. */
  const depict = (element, label) => {
    element.setAttribute('role', 'img');
    relabel(element, label);
  };

  const relabel = (element, label) => {
    if (element.title === label) return;
    element.title = label;
    element.setAttribute('aria-label', label);
  };

  RED.goip ??= {};
  RED.goip.DeviceRow = DeviceRow;
  RED.goip.buildDevicePattern = buildPattern;
})();
