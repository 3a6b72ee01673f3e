/* global module */
/** Sends a message when the benchmark says so. */
module.exports = function (RED) {
  RED.nodes.registerType('bench-trigger', function (def) {
    RED.nodes.createNode(this, def);
    RED.settings.functionGlobalContext.onTrigger(() => this.send({}));
  });
};
