/** Counts calls, and the most of them in one turn of the event loop. */
export function turnCounter() {
  let inTurn = 0;
  const counter = {
    total: 0,
    most: 0,
    count: (): void => {
      if (inTurn === 0) setImmediate(() => (inTurn = 0));
      inTurn += 1;
      counter.total += 1;
      counter.most = Math.max(counter.most, inTurn);
    },
  };
  return counter;
}
