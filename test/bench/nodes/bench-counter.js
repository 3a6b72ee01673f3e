/* global module */
/** Counts messages, and does nothing else: a function node takes longer than what is measured. */
module.exports = function (RED) {
  RED.nodes.registerType('bench-counter', function (def) {
    RED.nodes.createNode(this, def);
    const count = RED.settings.functionGlobalContext[def.count];
    this.on('input', (msg, send, done) => {
      count(msg);
      done();
    });
  });
};
