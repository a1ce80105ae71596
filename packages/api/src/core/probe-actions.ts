import type { IntOrString } from '../scalars.ts';

/** Scheme of a request. */
export type URIScheme = 'HTTP' | 'HTTPS';

/** A command. */
export interface ExecAction {
  /**
   * The command and its arguments; no shell is involved.
   * @listType atomic
   */
  command?: string[];
}

/** An HTTP request. */
export interface HTTPGetAction {
  /** Host to connect to. Default: the address of the guest. */
  host?: string;
  /**
   * Headers that are sent.
   * @listType atomic
   */
  httpHeaders?: HTTPHeader[];
  /** Path of the request. Default: `/`. */
  path?: string;
  /** Port, by number or name. */
  port: IntOrString;
  /** Scheme. Default: `HTTP`. */
  scheme?: URIScheme;
}

/** A header. */
export interface HTTPHeader {
  /** Name of the header. */
  name: string;
  /** Value of the header. */
  value: string;
}

/** A TCP connection. */
export interface TCPSocketAction {
  /** Host to connect to. Default: the address of the guest. */
  host?: string;
  /** Port, by number or name. */
  port: IntOrString;
}
