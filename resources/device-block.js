/** Devices out of a block of text that somebody has copied from a spreadsheet or a CSV file. */
(function () {
  /** In the order that they have where no header says another one. */
  const COLUMNS = ['id', 'name', 'group', 'password'];

  /** What else people write above the ids: as the web page of the gateway calls them. */
  const OTHER_TITLES = { 'authentication id': 'id', 'auth id': 'id', 'device id': 'id' };

  /** What separates the cells: tabs come from spreadsheets; of the others the one that is there more often. */
  const separatorOf = (text) => {
    if (text.includes('\t')) return '\t';
    const count = (character) => text.split(character).length;
    return count(';') > count(',') ? ';' : ',';
  };

  /** The lines with their cells. A cell in quotes may hold separators, line breaks and, doubled, quotes. */
  const linesOf = (text) => {
    const separator = separatorOf(text);
    const cell = new RegExp(`(?:"((?:[^"]|"")*)"|([^${separator}\\r\\n]*))(${separator}|\\r\\n|\\r|\\n|$)`, 'gy');
    const lines = [];
    let cells = [];
    for (const [, quoted, plain, end] of text.matchAll(cell)) {
      cells.push((quoted?.replaceAll('""', '"') ?? plain).trim());
      if (end === separator) continue;
      lines.push(cells);
      cells = [];
      if (end === '') break;
    }
    return lines;
  };

  /** The columns that the first line names, in any language of ours; undefined where it is a device like the others. */
  const headerOf = (cells, titles) => {
    const names = cells.map((cell) => titles[cell.toLowerCase()] ?? OTHER_TITLES[cell.toLowerCase()]);
    return names.includes('id') ? names : undefined;
  };

  /** Why it cannot be added, as a key of the catalogue. */
  const problemOf = ({ id, password = '' }, taken) => {
    const { isCarriable } = RED.goip.rules;
    if (id === undefined) return 'no-id';
    if (!isCarriable(id)) return 'id-characters';
    if (taken.has(id)) return 'known';
    return isCarriable(password) ? undefined : 'password-characters';
  };

  /**
   * @param titles the names of the columns by what a header calls them
   * @param ids those that are in the list already
   * @returns the devices to add, and the lines that are left out, each with its number, its id and the reason
   */
  const devicesIn = (text, titles, ids) => {
    const lines = linesOf(text);
    const first = lines.findIndex((cells) => cells.some(Boolean));
    const header = headerOf(lines[first] ?? [], titles);
    const taken = new Set(ids);
    const devices = [];
    const leftOut = [];
    lines.forEach((cells, index) => {
      if (!cells.some(Boolean) || (header && index === first)) return;
      const named = cells.map((cell, place) => [(header ?? COLUMNS)[place], cell || undefined]);
      const device = Object.fromEntries(named.filter(([name, cell]) => name && cell !== undefined));
      const problem = problemOf(device, taken);
      if (problem) leftOut.push({ line: index + 1, id: device.id ?? '', problem });
      else devices.push(device);
      taken.add(device.id);
    });
    return { devices, leftOut };
  };

  RED.goip ??= {};
  RED.goip.devicesIn = devicesIn;
})();
