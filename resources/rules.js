/** What the runtime will take of a goip-server, and what is wrong with the rest. No page is needed for that. */
(function () {
  const DAY = 86400;
  const LARGEST_LIMIT = 1000000;
  /** ISO 3166, of the countries that have telephone numbers. */
  const COUNTRIES = (
    'AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CC CD ' +
    'CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE ' +
    'GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN ' +
    'KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ ' +
    'NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH ' +
    'SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG ' +
    'VI VN VU WF WS XK YE YT ZA ZM ZW'
  ).split(' ');

  const isVariable = (value) => /^\$\{[^}]+\}$/.test(value);

  /** A property that is not in the flow has its default; `${ENV}` is filled in when the flow starts. */
  const isLeftToRuntime = (value) => value === undefined || isVariable(value);

  const isBlank = (value) => String(value).trim() === '';

  const number = (isInRange, key, values) => ({
    isNumber: true,
    isRight: (value) => !isBlank(value) && isInRange(Number(value)),
    problem: { key, ...values },
  });
  const wholeNumber = (least, most) =>
    number((value) => Number.isInteger(value) && value >= least && value <= most, 'whole-number', { least, most });
  const seconds = number((value) => value > 0 && value <= DAY, 'seconds', { most: DAY });
  const secondsOrNone = number((value) => value >= 0 && value <= DAY, 'seconds-or-none', { most: DAY });
  const days = number((value) => value > 0, 'days');
  /** Left empty, it has its default. */
  const optional = (rule) => ({ ...rule, isRight: (value) => isBlank(value) || rule.isRight(value) });
  const yesOrNo = optional({ isRight: (value) => /^(true|false)$/.test(value), problem: { key: 'yes-or-no' } });

  /** Minutes of the day in times such as `22:00-07:00`, with commas or blanks between them; undefined if it is no such text. */
  const quietMinutes = (text) => {
    const minutes = new Set();
    // "22:00 - 07:00" is one time.
    const times = text.replace(/[\s,;]*[-–][\s,;]*/g, '-').split(/[\s,;]+/);
    for (const time of times.filter(Boolean)) {
      const [, hour, minute, endHour, endMinute] = /^(\d\d?):([0-5]\d)-(\d\d?):([0-5]\d)$/.exec(time) ?? [];
      const [start, end] = [hour * 60 + Number(minute), endHour * 60 + Number(endMinute)];
      // Equal ends could mean the whole day, or nothing.
      if (!(start < 1440 && end <= 1440) || start === end % 1440) return undefined;
      for (let quiet = start; quiet !== end % 1440; quiet = (quiet + 1) % 1440) minutes.add(quiet);
    }
    return minutes;
  };

  const isTimeZone = (value) => {
    try {
      return Boolean(new Intl.DateTimeFormat('en-US', { timeZone: value.trim() }));
    } catch {
      return false;
    }
  };

  /** What a line may be told to keep to: by the server for all, and in the flow file for one. */
  const LIMITS = {
    pauseMin: optional(secondsOrNone),
    pauseMax: optional(secondsOrNone),
    hourLimit: optional(wholeNumber(0, LARGEST_LIMIT)),
    dayLimit: optional(wholeNumber(0, LARGEST_LIMIT)),
    quietHours: optional({
      isRight: (value) => quietMinutes(String(value))?.size < 1440,
      problem: { key: 'quiet-hours' },
    }),
    cooldownAfter: optional(wholeNumber(0, LARGEST_LIMIT)),
    cooldown: optional(secondsOrNone),
  };

  /** What the runtime will take. */
  const RULES = {
    ...LIMITS,
    host: { isRight: (value) => /^\S+$/.test(value), problem: { key: 'host' } },
    port: wholeNumber(0, 65535),
    pinAddress: yesOrNo,
    attempts: optional(wholeNumber(1, 100)),
    retryUnknown: yesOrNo,
    sticky: yesOrNo,
    country: optional({
      isRight: (value) => /^[a-z]{2}$/i.test(value.trim()) && COUNTRIES.includes(value.trim().toUpperCase()),
      problem: { key: 'country' },
    }),
    timeZone: optional({ isRight: isTimeZone, problem: { key: 'time-zone' } }),
    offlineAfter: seconds,
    eventDelay: optional(secondsOrNone),
    keepaliveStatus: wholeNumber(0, 999),
    resendInterval: seconds,
    resendCount: wholeNumber(0, 100),
    queryInterval: seconds,
    sessionsPerLine: wholeNumber(1, 5),
    joinParts: secondsOrNone,
    retention: days,
    queueLimit: wholeNumber(1, 10000000),
  };
  const NUMBERS = Object.keys(RULES).filter((property) => RULES[property].isNumber);

  /** What is wrong with a setting: a key of the catalogue, with its values; undefined where nothing is. */
  const problemOf = (property, settings) => {
    const value = settings[property];
    if (!isLeftToRuntime(value) && !RULES[property].isRight(value)) return RULES[property].problem;
    const { pauseMin, pauseMax } = settings;
    const isBeforeMin = property === 'pauseMax' && Number(pauseMax) > 0 && Number(pauseMax) < Number(pauseMin);
    return isBeforeMin ? { key: 'pause-order' } : undefined;
  };

  /** `;` ends a value of the protocol and a line break a message. */
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  const isCarriable = (text) => !/[;\u0000-\u001f\u007f]/.test(text);

  /** The texts that are left to the runtime are missing among the entries. */
  const entriesOf = (allow) =>
    [allow ?? '']
      .flat()
      .filter((text) => !isLeftToRuntime(text))
      .flatMap((text) => String(text).match(/[^\s,]+/g) ?? (isBlank(text) ? [] : [text]));

  const isIPv4 = (text) => /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?=\d)|$)){4}$/.test(text);
  const isIPv6 = (text) => {
    try {
      return /^[\da-f:.]+$/i.test(text) && Boolean(new URL(`http://[${text}]`));
    } catch {
      return false;
    }
  };

  /** An address, or a network as in `192.0.2.0/24`. */
  const isNetwork = (entry) => {
    const [, address, length = '0'] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
    return isIPv4(address) ? length <= 32 : isIPv6(address) && length <= 128;
  };

  /** The first entry of an allow list that the runtime will refuse. */
  const wrongEntryOf = (allow) => entriesOf(allow).find((entry) => !isNetwork(entry));

  const listOf = (rows) => (Array.isArray(rows) ? rows.filter(Boolean) : []);

  /** What is wrong with each of the devices. @param common the limits of the server */
  const problemsOfDevices = (devices, common) => {
    const ids = devices.map(({ id }) => String(id ?? ''));
    const counts = new Map();
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
    return devices.map(({ allow, limits }, index) => {
      const id = ids[index];
      const entry = wrongEntryOf(allow);
      if (id === '') return { key: 'id-empty' };
      if (!isCarriable(id)) return { key: 'id-characters', id };
      if (counts.get(id) > 1) return { key: 'id-twice', id };
      if (entry !== undefined) return { key: 'device-allow', id, entry };
      const own = { ...common, ...limits };
      const limit = limits && Object.keys(LIMITS).find((property) => problemOf(property, own));
      return limit && { key: 'device-limit', id, limit, problem: problemOf(limit, own) };
    });
  };

  const namesIn = (text) =>
    String(text ?? '')
      .split(/[,;]/)
      .map((name) => name.trim())
      .filter(Boolean);

  const groupOf = ({ group }) => String(group ?? '').trim();

  /** What is wrong with each of the routing rules. Those that nobody has filled in are none. */
  const problemsOfRoutes = (routes, devices) => {
    const names = new Set(devices.flatMap((device) => [String(device.id ?? ''), groupOf(device)]));
    // Then any name may be one of them.
    const isOpen = [...names].some(isVariable);
    return routes.map(({ prefix = '', device = '' }) => {
      const { isDialled, withoutFormatting } = RED.goip.texts;
      const isPrefix = isVariable(prefix) || isDialled(withoutFormatting(String(prefix)));
      const unknown = isOpen ? undefined : namesIn(device).find((name) => !names.has(name));
      if (isBlank(prefix) && isBlank(device)) return undefined;
      if (!isPrefix) return { key: 'route-prefix', prefix };
      if (isVariable(device)) return undefined;
      if (namesIn(device).length === 0) return { key: 'route-device', prefix };
      return unknown === undefined ? undefined : { key: 'route-unknown', prefix, name: unknown };
    });
  };

  const describe = (node, { key, limit, problem, ...values }) => {
    const reason = limit && describeSetting(node, limit, problem);
    return node._('goip-server.error.' + key, { ...values, reason });
  };
  const describeSetting = (node, property, problem) =>
    `${node._('goip-server.label.' + property)}: ${describe(node, problem)}`;

  /** Loaded once for each page; whichever file comes first makes the place for all. */
  RED.goip ??= {};
  RED.goip.rules = {
    COUNTRIES,
    LIMITS,
    NUMBERS,
    describe,
    describeSetting,
    groupOf,
    isBlank,
    isCarriable,
    isVariable,
    listOf,
    problemOf,
    problemsOfDevices,
    problemsOfRoutes,
    wrongEntryOf,
  };
})();
