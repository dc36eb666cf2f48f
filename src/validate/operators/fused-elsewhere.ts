/** What helps where a node is not the exporter's: optimizers fuse for processors that the runtime has other kernels for. */
export const UNFUSE =
  'Where an optimizer fused the node, which it does for GPUs too, ship the model as it was before, or leave this fusion out.';
