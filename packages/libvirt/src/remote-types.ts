import { array, codec, i32, opt, str, struct, u32, type Decoded } from './xdr.ts';

const UUID_BYTES = 16;

/** A UUID: 16 bytes on the wire, the usual 36 characters here. */
export const uuid = codec<string>(
  UUID_BYTES,
  (writer, value) => {
    const raw = Buffer.from(value.replaceAll('-', ''), 'hex');
    if (raw.length !== UUID_BYTES) throw new TypeError(`not a UUID: ${JSON.stringify(value)}`);
    writer.opaque(raw);
  },
  (reader) => {
    const hex = reader.opaque(UUID_BYTES).toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  },
);

/** `remote_nonnull_domain`. The uuid is what counts; `id` is -1 for a domain that does not run and goes stale. */
export const domainRef = struct({ name: str, uuid, id: i32 });
/** Names a domain in a call: plain data, nothing to free. */
export type DomainRef = Decoded<typeof domainRef>;

/** `remote_nonnull_domain_snapshot`. */
export const snapshotRef = struct({ name: str, domain: domainRef });

/** `remote_error`: the body of a reply whose status is ERROR. */
export const remoteError = struct({
  code: i32,
  domain: i32,
  message: opt(str),
  level: i32,
  dom: opt(domainRef),
  str1: opt(str),
  str2: opt(str),
  str3: opt(str),
  int1: i32,
  int2: i32,
  net: opt(struct({ name: str, uuid })),
});

/** An address as the guest or the DHCP leases report it. */
export const interfaceAddresses = array(
  struct({
    name: str,
    hwaddr: opt(str),
    addrs: array(struct({ type: i32, addr: str, prefix: u32 })),
  }),
);
