/** Secret that holds the CA's keys: readable by virt-controller alone. */
export const CA_SECRET = 'quickvirt-ca';
/** ConfigMap that holds the certificates to trust. */
export const CA_BUNDLE = 'quickvirt-ca';
/** Key of the certificates in that ConfigMap. */
export const CA_BUNDLE_KEY = 'ca.crt';
/** Webhook configurations that carry the bundle. */
export const MUTATING_WEBHOOKS = 'virt-api-mutator';
export const VALIDATING_WEBHOOKS = 'virt-api-validator';
/** API group whose APIServices carry the bundle. */
export const SUBRESOURCE_GROUP = 'subresources.kubevirt.io';
