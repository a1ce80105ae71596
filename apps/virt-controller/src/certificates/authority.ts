import type { ClusterConfig } from '@quickvirt/config';
import {
  certificateMetrics,
  configMaps,
  controller,
  secrets,
  type CertificateValidity,
  type ConfigMap,
  type Controller,
  type ControllerOptions,
  type Decision,
  type EffectRunner,
  type KubeClient,
  type Reconciler,
  type Secret,
} from '@quickvirt/kube';
import type { Metrics } from '@quickvirt/telemetry';
import type { Informers } from '../informers.ts';
import { CA_BUNDLE, CA_BUNDLE_KEY, CA_SECRET } from './names.ts';
import { planRotation, type AuthorityState, type DatedCertificate, type RotationStep } from './rotation.ts';
import { makeAuthority, validity, type AuthorityKeys } from './x509.ts';

/** What the CA's controllers work with. */
export interface AuthorityPorts {
  readonly client: KubeClient;
  readonly informers: Pick<Informers, 'caSecrets' | 'caBundles'>;
  readonly config: () => ClusterConfig;
  readonly namespace: string;
}

interface AuthorityObserved {
  readonly secret: Secret | undefined;
  readonly configMap: ConfigMap | undefined;
  readonly state: AuthorityState;
  readonly config: ClusterConfig;
}

type AuthorityEffect =
  | { type: 'saveKeys'; step: RotationStep; secret: Secret | undefined; durationMs: number; now: Date }
  | { type: 'saveBundle'; configMap: ConfigMap | undefined; certificates: readonly string[] };

/** Keys of the Secret: the CA that signs, under the names of `kubernetes.io/tls`, and the one that is to take over. */
const KEYS = {
  current: { certificate: 'tls.crt', key: 'tls.key' },
  next: { certificate: 'next.crt', key: 'next.key' },
} as const;

/** Keeps the CA and the bundle that everybody trusts. Enqueue `authorityKey` once, for the case that nothing exists. */
export function authorityController(ports: AuthorityPorts, options: ControllerOptions): Controller {
  const { caSecrets, caBundles } = ports.informers;
  return controller('certificate-authority', { ...options, workers: 1 })
    .watches(caSecrets, () => [authorityKey(ports.namespace)])
    .watches(caBundles, () => [authorityKey(ports.namespace)])
    .reconciles(authorityReconciler(ports), authorityEffectRunner(ports));
}

/** The one key of the controller. */
export function authorityKey(namespace: string): string {
  return `${namespace}/${CA_SECRET}`;
}

/** The CA that signs at present, when there is one. */
export function currentAuthority({
  informers,
  namespace,
}: Pick<AuthorityPorts, 'informers' | 'namespace'>): AuthorityKeys | undefined {
  return keysOf(informers.caSecrets.store.get(authorityKey(namespace)), 'current');
}

/** The certificates to trust, PEM; empty when none is published yet. */
export function trustBundle({ informers, namespace }: Pick<AuthorityPorts, 'informers' | 'namespace'>): string {
  return informers.caBundles.store.get(`${namespace}/${CA_BUNDLE}`)?.data?.[CA_BUNDLE_KEY] ?? '';
}

/** How long the CA that signs is good; undefined when there is none, or it cannot be read. */
export function authorityValidity(
  ports: Pick<AuthorityPorts, 'informers' | 'namespace'>,
): CertificateValidity | undefined {
  return stateOf(ports).current;
}

/** Registers when the CA and the bundle's certificates end, for alerts. */
export function authorityMetrics(ports: Pick<AuthorityPorts, 'informers' | 'namespace'>, metrics: Metrics): void {
  certificateMetrics(metrics, 'quickvirt_', () => {
    const { current, next, bundle } = stateOf(ports);
    return { ca: current, 'next-ca': next, 'ca-bundle-newest': bundle.at(-1) };
  });
}

function authorityReconciler(ports: AuthorityPorts): Reconciler<AuthorityObserved, AuthorityEffect> {
  const { informers, namespace } = ports;
  return {
    name: 'certificate-authority',
    observe: () =>
      Promise.resolve({
        secret: informers.caSecrets.store.get(authorityKey(namespace)),
        configMap: informers.caBundles.store.get(`${namespace}/${CA_BUNDLE}`),
        state: stateOf(ports),
        config: ports.config(),
      }),
    decide: decideAuthority,
  };
}

function decideAuthority(observed: AuthorityObserved, now: Date): Decision<AuthorityEffect> {
  const { secret, configMap, state, config } = observed;
  const lifetime = config.certificates.ca;
  const plan = planRotation(state, lifetime, now);
  const effects: AuthorityEffect[] = [];
  if (plan.bundle) effects.push({ type: 'saveBundle', configMap, certificates: plan.bundle });
  if (plan.step) effects.push({ type: 'saveKeys', step: plan.step, secret, durationMs: lifetime.durationMs, now });
  return { effects, requeueAfterMs: plan.requeueAfterMs };
}

function authorityEffectRunner({ client, namespace }: AuthorityPorts): EffectRunner<AuthorityEffect> {
  return async (effect) => {
    if (effect.type === 'saveBundle') {
      const ca = `${effect.certificates.join('\n')}\n`;
      const metadata = { name: CA_BUNDLE, namespace, resourceVersion: effect.configMap?.metadata.resourceVersion };
      const configMap: ConfigMap = { metadata, data: { [CA_BUNDLE_KEY]: ca } };
      await (effect.configMap ? client.replace(configMaps, configMap) : client.create(configMaps, configMap));
      return;
    }
    const data = await newKeys(effect);
    const metadata = { name: CA_SECRET, namespace, resourceVersion: effect.secret?.metadata.resourceVersion };
    const secret: Secret = { metadata, type: effect.secret?.type ?? 'kubernetes.io/tls', data };
    await (effect.secret ? client.replace(secrets, secret) : client.create(secrets, secret));
  };
}

async function newKeys({
  step,
  secret,
  durationMs,
  now,
}: AuthorityEffect & { type: 'saveKeys' }): Promise<Record<string, string>> {
  const current = keysOf(secret, 'current');
  const next = keysOf(secret, 'next');
  if (step === 'promoteNext' && next) return encoded('current', next);
  const made = await makeAuthority(now, durationMs);
  if (step === 'createNext' && current) return { ...encoded('current', current), ...encoded('next', made) };
  return encoded('current', made);
}

function stateOf({ informers, namespace }: Pick<AuthorityPorts, 'informers' | 'namespace'>): AuthorityState {
  const secret = informers.caSecrets.store.get(authorityKey(namespace));
  return {
    current: dated(keysOf(secret, 'current')?.certificatePem),
    next: dated(keysOf(secret, 'next')?.certificatePem),
    bundle: certificatesOf(trustBundle({ informers, namespace }))
      .map(dated)
      .filter((certificate) => certificate !== undefined),
  };
}

/** A certificate that cannot be read counts as none: a new one takes its place. */
function dated(certificatePem: string | undefined): DatedCertificate | undefined {
  if (certificatePem === undefined) return undefined;
  try {
    return { certificatePem, ...validity(certificatePem) };
  } catch {
    return undefined;
  }
}

function certificatesOf(bundle: string): string[] {
  return bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

function keysOf(secret: Secret | undefined, which: keyof typeof KEYS): AuthorityKeys | undefined {
  const { certificate, key } = KEYS[which];
  const [certificatePem, keyPem] = [secret?.data?.[certificate], secret?.data?.[key]];
  if (!certificatePem || !keyPem) return undefined;
  const text = (base64: string) => Buffer.from(base64, 'base64').toString();
  return { certificatePem: text(certificatePem), keyPem: text(keyPem) };
}

function encoded(which: keyof typeof KEYS, keys: AuthorityKeys): Record<string, string> {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return { [KEYS[which].certificate]: base64(keys.certificatePem), [KEYS[which].key]: base64(keys.keyPem) };
}
