import { join } from 'node:path';

/** Where a DRA driver's sockets and files are in the kubelet's root directory. */
export class PluginDirectories {
  readonly #here: string;
  readonly #onHost: string;

  /**
   * @param here the kubelet's root directory as this process sees it
   * @param onHost the same as the kubelet and the container runtime see it
   */
  constructor(here: string, onHost: string) {
    this.#here = here;
    this.#onHost = onHost;
  }

  /** The driver's own directory, beside those of CSI drivers. */
  dataDirectory(driverName: string, seenBy: 'here' | 'host'): string {
    return join(seenBy === 'here' ? this.#here : this.#onHost, 'plugins', driverName);
  }

  /** The socket of the driver's services. */
  serviceSocket(driverName: string, seenBy: 'here' | 'host'): string {
    return join(this.dataDirectory(driverName, seenBy), 'dra.sock');
  }

  /** The socket by which the kubelet, which watches its directory, finds the driver. */
  registrationSocket(driverName: string): string {
    return join(this.#here, 'plugins_registry', `${driverName}-reg.sock`);
  }
}
