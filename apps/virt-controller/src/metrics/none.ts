/** What KubeVirt's metrics say where there is nothing to say. */
export const NONE = '<none>';
