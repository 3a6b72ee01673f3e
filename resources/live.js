/** What Node-RED tells of the servers that run, for all who show it. It is asked to tell while one of them can be seen. */
(function () {
  RED.goip ??= {};
  // The pages of several nodes load this file, and it is to be told once.
  if (RED.goip.live) return;

  /** Milliseconds; the server goes on for 45 s. */
  const ASK_AGAIN = 30000;

  const listeners = new Set();
  const servers = new Map();
  /** The ids of all that run; undefined until they were told. */
  let running;

  RED.comms.subscribe('goip/live', (_topic, { servers: ids, server }) => {
    if (ids) {
      running = ids;
      for (const id of servers.keys()) if (!ids.includes(id)) servers.delete(id);
    } else {
      const { lines, rejected } = server.isWhole
        ? { lines: new Map() }
        : (servers.get(server.id) ?? { lines: new Map() });
      for (const line of server.lines) lines.set(line.device, line);
      servers.set(server.id, { ...server, lines, rejected: server.rejected ?? rejected ?? [] });
    }
    for (const listener of listeners) listener();
  });

  /**
   * Asks to be told, again and again, as long as somebody can see an element.
   * @param refused is called with 'forbidden' or 'failed' where that is refused, with undefined where it is not
   * @returns what ends it
   */
  const askWhileShown = (element, refused) => {
    let timer;
    let asked = 0;
    let answeredLast = 0;
    const ask = () => {
      asked += 1;
      const mine = asked;
      const answered = (refusal) => {
        // One that comes after the answer to a later question says nothing of now.
        if (mine < answeredLast) return;
        answeredLast = mine;
        refused(refusal);
      };
      $.getJSON('goip/watch')
        .done(({ ticket }) => {
          RED.comms.send('goip/watch', { ticket });
          answered(undefined);
        })
        .fail(({ status }) => answered(status === 401 || status === 403 ? 'forbidden' : 'failed'));
    };
    const update = () => {
      const isShown = !document.hidden && element.offsetParent !== null;
      if (isShown === (timer !== undefined)) return;
      clearInterval(timer);
      timer = isShown ? setInterval(ask, ASK_AGAIN) : undefined;
      if (isShown) ask();
    };
    // The server knows the connection, not the editor.
    const onConnect = () => timer !== undefined && ask();
    const observer = new IntersectionObserver(update);
    observer.observe(element);
    document.addEventListener('visibilitychange', update);
    RED.comms.on('connect', onConnect);
    return () => {
      observer.disconnect();
      document.removeEventListener('visibilitychange', update);
      RED.comms.off('connect', onConnect);
      clearInterval(timer);
      answeredLast = Infinity;
    };
  };

  /**
   * Follows a server while an element can be seen.
   * @param show is called with the server as it is, undefined where it does not run, at once and whenever there is news
   * @param refused as in `askWhileShown`; there may still be news for others who asked
   * @returns what ends it
   */
  const follow = (id, element, show, refused) => {
    // First the ids are told, and then each of the servers.
    const tell = () => running && running.includes(id) === servers.has(id) && show(servers.get(id));
    listeners.add(tell);
    tell();
    let isRefused = false;
    const stopAsking = askWhileShown(element, (refusal) => {
      refused(refusal);
      // News comes only where something is new.
      if (isRefused && !refusal) tell();
      isRefused = refusal !== undefined;
    });
    return () => {
      listeners.delete(tell);
      stopAsking();
    };
  };

  /** How many of four bars; devices tell 0 to 31 (99: unknown), or dBm. */
  const barsOf = (signal) => {
    if (signal === null || signal === undefined || signal === 99) return undefined;
    const level = signal < 0 ? (signal + 113) / 2 : signal;
    return [2, 10, 15, 20].filter((least) => level >= least).length;
  };

  /** Making one takes longer than all the rest of a line. */
  const formats = {};
  const formatOf = (name, options) =>
    (formats[name] ??= new Intl.DateTimeFormat(RED.i18n.lang(), { ...options, hour: '2-digit', minute: '2-digit' }));

  /** The time of today, else with the day. */
  const timeOf = (iso) => {
    const time = new Date(iso);
    const isToday = time.toDateString() === new Date().toDateString();
    return (isToday ? formatOf('time') : formatOf('day', { month: 'short', day: 'numeric' })).format(time);
  };

  const exactTimeOf = (iso) =>
    formatOf('exact', { hourCycle: 'h23', second: '2-digit', fractionalSecondDigits: 3 }).format(new Date(iso));

  RED.goip.live = { askWhileShown, barsOf, exactTimeOf, follow, timeOf };
})();
