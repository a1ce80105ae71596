/**
 * The version that every component and `virtctl` reports. virtctl of KubeVirt compares major and minor with its own,
 * so the part before `+` is the KubeVirt release whose API is served; the part after it is QuickVirt's own release.
 */
export const VERSION = 'v1.9.0+quickvirt.0.1.0';
