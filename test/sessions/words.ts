/** States and actions of a session in the words of the tables. */
import type { SessionAction, SessionEnd, SessionState, Step } from '../../src/sessions/machine.js';

/** `-` where the step changed and did nothing. */
export function inWords(before: SessionState, { state, actions }: Step, now: number): string {
  if (state === before && actions.length === 0) return '-';
  return `${stateInWords(state, now)}: ${actions.map(actionInWords).join('; ')}`;
}

export function stateInWords(state: SessionState, now: number): string {
  const ago = (time: number): string => `${(now - time) / 1000} s`;
  switch (state.phase) {
    case 'new':
    case 'preparing':
      return state.phase;
    case 'opening':
    case 'authenticating':
      return `${state.phase} ×${state.transmissions} for ${ago(state.since)}`;
    case 'ready':
      return `ready ${state.telid}, heard ${ago(state.heardAt)} ago`;
    case 'saving':
      return `saving ${state.telid}`;
    case 'submitted':
      return `submitted ${state.telid} ×${state.transmissions}`;
    case 'waiting': {
      const asking = state.asking ? ', asking' : '';
      return `waiting ${state.telid} for ${ago(state.since)}, heard ${ago(state.heardAt)} ago${asking}`;
    }
    case 'closing':
      return `closing ×${state.transmissions} for ${ago(state.since)} (${endInWords(state.end)})`;
    case 'closed':
      return `closed (${endInWords(state.end)})`;
  }
}

export function actionInWords(action: SessionAction): string {
  switch (action.type) {
    case 'send':
      return action.request === 'SEND' ? `SEND ${action.telid}` : action.request;
    case 'timer':
      return `timer ${action.ms / 1000} s`;
    case 'next':
      return 'next';
    case 'save':
      return action.telid === null ? 'save the session' : `save ${action.telid}`;
    case 'submitted':
    case 'waiting':
      return `${action.type} ${action.telid}`;
    case 'measured':
      return `measured ${action.roundTripMs / 1000} s`;
    case 'learnt':
      return `learnt ${action.habit}${action.resultMs === undefined ? '' : ` in ${action.resultMs / 1000} s`}`;
    case 'end':
      return `end ${endInWords(action.end)}`;
    case 'result':
      return resultInWords(action);
  }
}

function resultInWords({ telid, result }: Extract<SessionAction, { type: 'result' }>): string {
  if (result.state === 'sent') return `sent ${telid}${result.smsNo === null ? '' : ` #${result.smsNo}`}`;
  const errorstatus = result.state === 'failed' && result.errorstatus !== null ? ` ${result.errorstatus}` : '';
  return `${result.state} ${telid} ${result.code}${errorstatus}`;
}

function endInWords(end: SessionEnd): string {
  return 'message' in end ? `${end.why} ${JSON.stringify(end.message)}` : end.why;
}
