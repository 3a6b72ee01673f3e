/** The names that devices and groups go by, and the fields that they are typed into. */
(function () {
  /** An empty text field of a row: `name` of `devices` or `routes` in the catalogue. */
  const buildInput = (node, list, name) =>
    $('<input type="text" autocomplete="off" spellcheck="false" />')
      .addClass(`goip-${list}-${name}`)
      .attr({
        placeholder: node._(`goip-server.placeholder.${name}`),
        'aria-label': node._(`goip-server.${list}s.${name}`),
      });

  /** An input with what it is for. What was not touched stays as it was made by hand. */
  const fieldOf = (input, original) => {
    const texts = [original ?? ''].flat().map((text) => String(text).replace(/\s*\n\s*/g, ', '));
    const shown = input.val(texts.join(', ')).val();
    return { input, value: () => (input.val() === shown ? original : input.val().trim() || undefined) };
  };

  const buildField = (node, list, name, original) => fieldOf(buildInput(node, list, name), original);

  /** Offers names while one is typed. @param search the names that go with a text, as TypedInputs want them */
  const offer = (input, search) => input.autoComplete({ search: (text) => search(text), minLength: 0 });

  /** The groups of devices: the ids by the name of the group. */
  const groupsOf = (devices) => {
    const groups = new Map();
    for (const device of devices) {
      const group = RED.goip.rules.groupOf(device);
      if (group !== '') groups.set(group, [...(groups.get(group) ?? []), device.id]);
    }
    return groups;
  };

  const translate = (key, values) => RED.nodes.getType('goip-server')._('goip-server.' + key, values);

  /** What can be named, with what is shown of it. */
  const deviceEntries = (devices) => devices.map(({ id, name }) => [id, name && name !== id ? `${id} (${name})` : id]);
  const groupEntries = (devices) =>
    [...groupsOf(devices)].map(([group, ids]) => {
      const shown = ids.length > 4 ? [...ids.slice(0, 3), '…'] : ids;
      return [group, translate('picker.group', { group, ids: shown.join(', ') })];
    });

  /** What an input offers while `text` is typed into it; the first one is taken by the Tab key. */
  const suggestions = (text, entries) => {
    const typed = text.trim();
    const fitting = entries.filter(([name]) => name.toLowerCase().includes(typed.toLowerCase()));
    const others = fitting.filter(([name]) => name !== typed);
    if (others.length === 0) return [];
    const exact = fitting.filter(([name]) => name === typed);
    return [...exact, ...others].map(([value, label]) => ({ value, label: $('<span></span>').text(label) }));
  };
  const suggestLines = (text, devices) => suggestions(text, [...groupEntries(devices), ...deviceEntries(devices)]);

  /** For the last one of names with commas between them. */
  const suggestNextLine = (text, devices) => {
    const [, before = '', typed] = /^(.*[,;]\s*)?(.*)$/.exec(text);
    return suggestLines(typed, devices).map(({ value, label }) => ({ value: before + value, label }));
  };

  /** A group becomes one by being named: a new name stays as it is typed. */
  const suggestGroups = (text, devices) => {
    const typed = text.trim();
    const isNew = typed !== '' && !groupsOf(devices).has(typed);
    const entry = [typed, translate('picker.new-group', { group: typed })];
    return suggestions(text, [...(isNew ? [entry] : []), ...groupEntries(devices)]);
  };

  RED.goip ??= {};
  RED.goip.names = { buildField, buildInput, fieldOf, offer, suggestGroups, suggestLines, suggestNextLine, translate };
})();
