import type { experimental } from '@grpc/grpc-js';

/** Certificates of one end of a mutual TLS connection, as PEM. */
export interface TlsMaterial {
  /** Certificates of the authorities that the peer's may come from. */
  caPem: string;
  /** Our own, leaf first. */
  certificatePem: string;
  keyPem: string;
}

type CertificateProvider = experimental.CertificateProvider;
type CaListener = Parameters<CertificateProvider['addCaCertificateListener']>[0];
type IdentityListener = Parameters<CertificateProvider['addIdentityCertificateListener']>[0];

/**
 * The certificates in force. A server takes over an update for its next handshakes without a restart; connections that
 * are there stay. A client takes the newest at its next dial.
 */
export class RotatingTls implements CertificateProvider {
  #material: TlsMaterial | undefined;
  readonly #caListeners = new Set<CaListener>();
  readonly #identityListeners = new Set<IdentityListener>();

  constructor(material?: TlsMaterial) {
    this.#material = material;
  }

  /** Undefined before the first update: nobody can connect yet. */
  get current(): TlsMaterial | undefined {
    return this.#material;
  }

  update(material: TlsMaterial): void {
    this.#material = material;
    for (const listener of this.#caListeners) this.#tellCa(listener);
    for (const listener of this.#identityListeners) this.#tellIdentity(listener);
  }

  addCaCertificateListener(listener: CaListener): void {
    this.#caListeners.add(listener);
    // Not before grpc-js has finished adding: it drops what comes within.
    process.nextTick(() => this.#tellCa(listener));
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#caListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.add(listener);
    process.nextTick(() => this.#tellIdentity(listener));
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.delete(listener);
  }

  #tellCa(listener: CaListener): void {
    const material = this.#material;
    listener(material ? { caCertificate: Buffer.from(material.caPem) } : null);
  }

  #tellIdentity(listener: IdentityListener): void {
    const material = this.#material;
    listener(
      material ? { certificate: Buffer.from(material.certificatePem), privateKey: Buffer.from(material.keyPem) } : null,
    );
  }
}
