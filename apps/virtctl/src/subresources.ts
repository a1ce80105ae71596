/** Root of the aggregated API, in the version that every release of it serves. */
export const SUBRESOURCES = '/apis/subresources.kubevirt.io/v1';
