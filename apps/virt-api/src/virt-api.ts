import { kubevirts, virtualMachineInstances, type KubeVirt } from '@quickvirt/api';
import { clusterConfigFrom, type ClusterConfig } from '@quickvirt/config';
import {
  certificateMetrics,
  CertificateRequester,
  configMaps,
  Informer,
  type Clock,
  type ConfigMap,
  type KubeClient,
  type Manager,
  type ObjectName,
} from '@quickvirt/kube';
import { RotatingTls, VIRT_API_COMMON_NAME } from '@quickvirt/rpc';
import { healthHandlers, type HealthCheck, type Logger, type Metrics } from '@quickvirt/telemetry';
import { factReader } from './admission/fact-reader.ts';
import { createApp } from './app.ts';
import { bootstrapCertificate } from './bootstrap-certificate.ts';
import { frontProxyTrustFrom, type FrontProxyTrust } from './front-proxy.ts';
import { HandlerDirectory } from './handler-directory.ts';
import { apiMetrics } from './metrics.ts';
import { callNode } from './node-actions.ts';
import { openNodeConsole } from './node-console.ts';
import { SubresourceService } from './subresources/service.ts';
import { TlsServer } from './tls-server.ts';
import { Upgrades } from './upgrades.ts';

export interface VirtApiOptions {
  client: KubeClient;
  /** Namespace that QuickVirt is installed in. */
  installNamespace: string;
  /** Port of the one server: webhooks, aggregated API, health, metrics. 0 takes a free one. */
  port: number;
  host?: string;
  build: { gitCommit: string; buildDate: string };
  logger: Logger;
  metrics: Metrics;
  clock: Clock;
}

/** What the cluster's caches give, as functions of now. */
interface ClusterView {
  informers: [Informer<KubeVirt>, Informer<ConfigMap>, Informer<ConfigMap>];
  config: () => ClusterConfig;
  trust: () => FrontProxyTrust | undefined;
  caBundlePem: () => string | undefined;
}

const CA_CONFIG_MAP = 'quickvirt-ca';
const AUTHENTICATION_CONFIG_MAP = 'extension-apiserver-authentication';
/** While the Service's endpoints forget a stopping pod, requests still come: they are answered. */
const DRAIN_MS = 3_000;
/** So long open streams may go on; with what comes before and after it is within the pod's grace period (60 s). */
const STREAMS_MS = 45_000;

/** virt-api as one whole: puts the parts together, starts and stops them. */
export class VirtApi {
  readonly #options: VirtApiOptions;
  readonly #view: ClusterView;
  readonly #serving: CertificateRequester;
  readonly #toHandlers: CertificateRequester;
  readonly #handlerTls = new RotatingTls();
  readonly #directory: HandlerDirectory;
  #isStopping = false;

  constructor(options: VirtApiOptions) {
    this.#options = options;
    const { client, installNamespace, logger } = options;
    this.#view = clusterView(client, installNamespace, logger);
    this.#directory = new HandlerDirectory(client, { installNamespace, logger });
    this.#serving = new CertificateRequester(client, {
      signerName: 'quickvirt.io/virt-api-serving',
      commonName: VIRT_API_COMMON_NAME,
      dnsNames: [`virt-api.${installNamespace}.svc`, 'virt-api', `virt-api.${installNamespace}`],
      usages: ['digital signature', 'server auth'],
      namePrefix: 'virt-api-serving',
      logger,
    });
    this.#toHandlers = new CertificateRequester(client, {
      signerName: 'quickvirt.io/virt-api-client',
      commonName: VIRT_API_COMMON_NAME,
      usages: ['digital signature', 'client auth'],
      namePrefix: 'virt-api-client',
      logger,
    });
  }

  /** Adds the caches and the certificates to the manager that runs them. */
  addTo(manager: Manager): void {
    manager
      .addInformers(...this.#view.informers, this.#directory.informer)
      .addRunnable({ name: 'serving certificate', run: (signal) => this.#serving.run(signal) })
      .addRunnable({ name: 'client certificate', run: (signal) => this.#toHandlers.run(signal) });
  }

  /** Listens; the answer names the port and stops the server in order. */
  async serve(): Promise<{ port: number; stop: () => Promise<void> }> {
    const { client, installNamespace, build, logger, metrics, clock, port, host } = this.#options;
    const { config, trust } = this.#view;
    const nodes = { directory: this.#directory, tls: this.#handlerTls };
    const service = new SubresourceService({ client, config, callNode: (call) => callNode(call, nodes) });
    const gate = { client, trust };
    const checks = this.#readinessChecks();
    certificateMetrics(metrics, 'quickvirt_', () => ({
      'virt-api-serving': this.#serving.current,
      'virt-api-client': this.#toHandlers.current,
    }));
    const ownMetrics = apiMetrics(metrics, () => Object.values(checks).every((check) => check() === undefined));
    const health = healthHandlers({ metrics, configResourceVersion: () => config().resourceVersion, ready: checks });
    const upgrades = new Upgrades({
      service,
      gate,
      metrics: ownMetrics,
      openConsole: (target) => openNodeConsole(target, nodes),
      logger,
    });
    const server = new TlsServer({
      listener: createApp({
        config,
        installNamespace,
        service,
        readFact: factReader(client),
        evacuate: ({ namespace, name, nodeName }) => noteEvacuation(client, { namespace, name }, nodeName),
        gate,
        health,
        build,
        logger,
      }),
      onUpgrade: upgrades.handle,
      identity: await bootstrapCertificate(clock.now()),
    });
    this.#follow(server);
    const actualPort = await server.listen(port, host);
    const stop = async (): Promise<void> => {
      this.#isStopping = true;
      await clock.sleep(DRAIN_MS);
      // Nobody new from here on; what is open may take its time.
      const closed = server.close();
      await upgrades.drain(STREAMS_MS, clock);
      await closed;
    };
    return { port: actualPort, stop };
  }

  /** Certificates and CAs that change are taken over at once. */
  #follow(server: TlsServer): void {
    this.#serving.subscribe((identity) => server.useIdentity(identity));
    const updateTrust = (): void => server.useClientCa(this.#view.trust()?.caPem);
    const updateHandlerTls = (): void => {
      const caPem = this.#view.caBundlePem();
      const identity = this.#toHandlers.current;
      if (caPem && identity) this.#handlerTls.update({ caPem, ...identity });
    };
    this.#toHandlers.subscribe(updateHandlerTls);
    const [, authentication, bundle] = this.#view.informers;
    authentication.subscribe(updateTrust);
    bundle.subscribe(updateHandlerTls);
    updateTrust();
  }

  #readinessChecks(): Record<string, () => string | undefined> {
    const { clock } = this.#options;
    const { informers, trust } = this.#view;
    const caches = [...informers, this.#directory.informer];
    const check = (isFine: () => boolean, problem: string) => () => (isFine() ? undefined : problem);
    return {
      stopping: check(() => !this.#isStopping, 'the process is stopping'),
      caches: check(
        () => caches.every(({ isSynced }) => isSynced),
        'the caches are not filled yet: is the API server reachable, does RBAC allow list and watch?',
      ),
      'serving-certificate': check(
        () => (this.#serving.current?.notAfter ?? new Date(0)) > clock.now(),
        'no serving certificate was issued, or it has run out and was not renewed: does virt-controller run?',
      ),
      'front-proxy': check(
        () => trust() !== undefined,
        `ConfigMap kube-system/${AUTHENTICATION_CONFIG_MAP} names no requestheader-client-ca-file: the API server's aggregation layer is off`,
      ),
    } satisfies Record<string, HealthCheck>;
  }
}

function clusterView(client: KubeClient, installNamespace: string, logger: Logger): ClusterView {
  const kubevirtObjects = new Informer(client, kubevirts, { namespace: installNamespace, logger });
  const authentication = new Informer(client, configMaps, {
    namespace: 'kube-system',
    fieldSelector: `metadata.name=${AUTHENTICATION_CONFIG_MAP}`,
    logger,
  });
  const bundle = new Informer(client, configMaps, {
    namespace: installNamespace,
    fieldSelector: `metadata.name=${CA_CONFIG_MAP}`,
    logger,
  });
  let config = clusterConfigFrom(undefined);
  let trust: FrontProxyTrust | undefined;
  kubevirtObjects.subscribe(() => (config = clusterConfigFrom(oldestOf(kubevirtObjects.store.list()))));
  authentication.subscribe(() => (trust = frontProxyTrustFrom(authentication.store.list()[0]?.data)));
  return {
    informers: [kubevirtObjects, authentication, bundle],
    config: () => config,
    trust: () => trust,
    caBundlePem: () => bundle.store.list()[0]?.data?.['ca.crt'],
  };
}

async function noteEvacuation(client: KubeClient, vmi: ObjectName, evacuationNodeName: string): Promise<void> {
  const patch = { status: { evacuationNodeName } };
  await client.patch(virtualMachineInstances, vmi, patch, { kind: 'merge', subresource: 'status' });
}

/** There should be one KubeVirt object; where somebody made two, the first one holds. */
function oldestOf(objects: readonly KubeVirt[]): KubeVirt | undefined {
  const age = ({ metadata }: KubeVirt): string => metadata.creationTimestamp ?? '';
  return objects.toSorted((a, b) => age(a).localeCompare(age(b)))[0];
}
