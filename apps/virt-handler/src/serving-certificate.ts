import {
  certificateMetrics,
  CertificateRequester,
  configMaps,
  Informer,
  systemClock,
  type CertificateValidity,
  type Clock,
  type ConfigMap,
  type KubeClient,
} from '@quickvirt/kube';
import { handlerServerName, RotatingTls } from '@quickvirt/rpc';
import type { Logger, Metrics } from '@quickvirt/telemetry';

/** ConfigMap with the certificates to trust, and the key they are under. virt-controller keeps it. */
const CA_BUNDLE = 'quickvirt-ca';
const CA_BUNDLE_KEY = 'ca.crt';
const SIGNER = 'quickvirt.io/virt-handler-serving';

export interface ServingCertificateOptions {
  client: KubeClient;
  namespace: string;
  nodeName: string;
  logger: Logger;
  metrics: Metrics;
  clock?: Clock;
}

/**
 * The certificate that this node's handler serves with: for this node alone, asked for with this pod's node-bound
 * token, its key never written anywhere. Follows renewals and a new CA.
 */
export class ServingCertificate {
  readonly tls = new RotatingTls();
  readonly caBundle: Informer<ConfigMap>;
  readonly #requester: CertificateRequester;
  readonly #namespace: string;
  readonly #clock: Clock;

  constructor({ client, namespace, nodeName, logger, metrics, clock = systemClock }: ServingCertificateOptions) {
    this.#clock = clock;
    this.#namespace = namespace;
    this.caBundle = new Informer(client, configMaps, {
      namespace,
      fieldSelector: `metadata.name=${CA_BUNDLE}`,
      logger,
    });
    this.#requester = new CertificateRequester(client, {
      signerName: SIGNER,
      commonName: `quickvirt:virt-handler:${nodeName}`,
      dnsNames: [handlerServerName(nodeName)],
      usages: ['digital signature', 'server auth'],
      namePrefix: 'virt-handler-',
      logger,
      clock,
    });
    certificateMetrics(metrics, 'quickvirt_', () => ({ 'virt-handler-serving': this.#requester.current }));
  }

  /** The one in force. */
  get current(): CertificateValidity | undefined {
    return this.#requester.current;
  }

  /** For `/readyz`. */
  problem(): string | undefined {
    const { current } = this;
    if (!this.tls.current || !current) return 'no serving certificate yet: virt-controller issues it';
    return current.notAfter > this.#clock.now()
      ? undefined
      : 'the serving certificate has run out and was not renewed: does virt-controller run?';
  }

  /** Requests and renews until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const ends = [this.caBundle.subscribe(() => this.#refresh()), this.#requester.subscribe(() => this.#refresh())];
    try {
      await this.#requester.run(signal);
    } finally {
      for (const end of ends) end();
    }
  }

  #refresh(): void {
    const issued = this.#requester.current;
    const caPem = this.caBundle.store.get(`${this.#namespace}/${CA_BUNDLE}`)?.data?.[CA_BUNDLE_KEY];
    if (issued && caPem) this.tls.update({ caPem, certificatePem: issued.certificatePem, keyPem: issued.keyPem });
  }
}
