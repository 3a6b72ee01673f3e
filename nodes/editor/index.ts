/** Every page loads this script, as Node-RED may load them in any order. The first one counts. */
import * as shared from './all.js';
import { startLive } from './live.js';
import style from './style.css';

if (!RED.goip) {
  RED.goip = shared;
  $('<style></style>').text(style).appendTo(document.head);
  startLive();
}
