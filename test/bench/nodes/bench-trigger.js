/* global module */
/** Sends messages when the benchmark says so. */
module.exports = function (RED) {
  RED.nodes.registerType('bench-trigger', function (def) {
    RED.nodes.createNode(this, def);
    RED.settings.functionGlobalContext.onTrigger((messages) => this.send([messages]));
  });
};
