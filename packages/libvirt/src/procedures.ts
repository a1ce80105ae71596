import { domainRef, interfaceAddresses, snapshotRef, uuid } from './remote-types.ts';
import { typedParam } from './typed-params.ts';
import { array, bytes, i32, i64, nothing, opt, str, struct, u32, u64, type Codec, type Decoded } from './xdr.ts';

/** Program numbers of libvirt's RPC protocol. */
export const Program = { remote: 0x2000_8086, qemu: 0x2000_8087, keepalive: 0x6b65_6570 } as const;

/** One remote procedure: its program, its number, what goes in and what comes back. */
export interface Procedure<Args = unknown, Reply = unknown> {
  program: number;
  number: number;
  args: Codec<Args>;
  reply: Codec<Reply>;
}

type Fields = Record<string, Codec<unknown>>;
type Struct<F extends Fields> = { [K in keyof F]: Decoded<F[K]> };

function remote<A extends Fields, R extends Fields>(
  number: number,
  args: A,
  reply: R,
): Procedure<Struct<A>, Struct<R>> {
  return { program: Program.remote, number, args: struct(args), reply: struct(reply) };
}

function qemu<A extends Fields, R extends Fields>(number: number, args: A, reply: R): Procedure<Struct<A>, Struct<R>> {
  return { ...remote(number, args, reply), program: Program.qemu };
}

const dom = domainRef;
const flags = u32;
const params = array(typedParam);

/**
 * The procedures that the project calls: number, arguments, reply, in the order of the wire. Facts of interoperability,
 * checked against libvirt 9.0 (`remote_protocol.x`, `qemu_protocol.x`); libvirt calls this protocol a stable ABI
 * (https://libvirt.org/support.html), so a row is only ever added. A daemon that lacks one answers
 * error 39 and the connection stays usable.
 */
export const procedures = {
  connectOpen: remote(1, { name: opt(str), flags }, {}),
  connectClose: { program: Program.remote, number: 2, args: nothing, reply: nothing },
  connectGetVersion: remote(4, {}, { hypervisorVersion: u64 }),
  connectGetCapabilities: remote(7, {}, { capabilities: str }),
  domainGetXmlDesc: remote(14, { dom, flags }, { xml: str }),
  domainLookupByName: remote(23, { name: str }, { dom }),
  domainLookupByUuid: remote(24, { uuid }, { dom }),
  domainReboot: remote(27, { dom, flags }, {}),
  domainResume: remote(28, { dom }, {}),
  domainSuspend: remote(34, { dom }, {}),
  connectSupportsFeature: remote(60, { feature: i32 }, { supported: i32 }),
  authList: remote(66, {}, { types: array(i32) }),
  connectGetLibVersion: remote(157, {}, { libVersion: u64 }),
  domainMemoryStats: remote(159, { dom, maxStats: u32, flags }, { stats: array(struct({ tag: i32, value: u64 })) }),
  domainAttachDeviceFlags: remote(160, { dom, xml: str, flags }, {}),
  domainDetachDeviceFlags: remote(161, { dom, xml: str, flags }, {}),
  domainAbortJob: remote(164, { dom }, {}),
  domainMigrateSetMaxDowntime: remote(166, { dom, downtimeMs: u64, flags }, {}),
  domainUpdateDeviceFlags: remote(174, { dom, xml: str, flags }, {}),
  domainSnapshotCreateXml: remote(185, { dom, xml: str, flags }, { snapshot: snapshotRef }),
  domainSnapshotDelete: remote(193, { snapshot: snapshotRef, flags }, {}),
  domainGetBlockInfo: remote(194, { dom, path: str, flags }, { allocation: u64, capacity: u64, physical: u64 }),
  domainCreateWithFlags: remote(196, { dom, flags }, { dom }),
  domainSetVcpusFlags: remote(199, { dom, vcpus: u32, flags }, {}),
  domainOpenConsole: remote(201, { dom, deviceName: opt(str), flags }, {}),
  domainSetMemoryFlags: remote(204, { dom, memoryKib: u64, flags }, {}),
  domainMigrateSetMaxSpeed: remote(207, { dom, bandwidthMibPerSecond: u64, flags }, {}),
  domainInjectNmi: remote(210, { dom, flags }, {}),
  domainScreenshot: remote(211, { dom, screen: u32, flags }, { mimeType: opt(str) }),
  domainGetState: remote(212, { dom, flags }, { state: i32, reason: i32 }),
  domainPinVcpuFlags: remote(225, { dom, vcpu: u32, cpuMap: bytes, flags }, {}),
  domainSendKey: remote(226, { dom, codeset: u32, holdTimeMs: u32, keycodes: array(u32), flags }, {}),
  domainUndefineFlags: remote(231, { dom, flags }, {}),
  domainDestroyFlags: remote(234, { dom, flags }, {}),
  domainBlockJobAbort: remote(237, { dom, path: str, flags }, {}),
  domainGetBlockJobInfo: remote(
    238,
    { dom, path: str, flags },
    { found: i32, type: i32, bandwidth: u64, current: u64, end: u64 },
  ),
  domainReset: remote(245, { dom, flags }, {}),
  domainBlockResize: remote(251, { dom, disk: str, size: u64, flags }, {}),
  domainSetBlockIoTune: remote(252, { dom, disk: str, params, flags }, {}),
  domainShutdownFlags: remote(258, { dom, flags }, {}),
  connectListAllDomains: remote(273, { needResults: i32, flags }, { domains: array(dom), count: u32 }),
  domainPinEmulator: remote(279, { dom, cpuMap: bytes, flags }, {}),
  domainBlockCommit: remote(290, { dom, disk: str, base: opt(str), top: opt(str), bandwidth: u64, flags }, {}),
  domainOpenChannel: remote(296, { dom, name: opt(str), flags }, {}),
  domainGetJobStats: remote(298, { dom, flags }, { type: i32, params }),
  domainMigratePerform3Params: remote(
    305,
    { dom, destinationUri: opt(str), params, cookieIn: bytes, flags },
    { cookieOut: bytes },
  ),
  domainSetMemoryStatsPeriod: remote(308, { dom, periodSeconds: i32, flags }, {}),
  connectDomainEventCallbackRegisterAny: remote(316, { eventId: i32, dom: opt(dom) }, { callbackId: i32 }),
  connectDomainEventCallbackDeregisterAny: remote(317, { callbackId: i32 }, {}),
  domainCoreDumpWithFormat: remote(334, { dom, to: str, format: u32, flags }, {}),
  domainFsFreeze: remote(335, { dom, mountpoints: array(str), flags }, { filesystems: i32 }),
  domainFsThaw: remote(336, { dom, mountpoints: array(str), flags }, { filesystems: i32 }),
  domainSetTime: remote(338, { dom, seconds: i64, nanoseconds: u32, flags }, {}),
  connectGetDomainCapabilities: remote(
    342,
    { emulator: opt(str), arch: opt(str), machine: opt(str), virtType: opt(str), flags },
    { capabilities: str },
  ),
  connectGetAllDomainStats: remote(
    344,
    { doms: array(dom), stats: u32, flags },
    { records: array(struct({ dom, params })) },
  ),
  domainBlockCopy: remote(345, { dom, path: str, destinationXml: str, params, flags }, {}),
  domainDefineXmlFlags: remote(350, { xml: str, flags }, { dom }),
  domainInterfaceAddresses: remote(353, { dom, source: u32, flags }, { interfaces: interfaceAddresses }),
  domainMigrateStartPostCopy: remote(364, { dom, flags }, {}),
  domainSetBlockThreshold: remote(386, { dom, device: str, threshold: u64, flags }, {}),
  nodeGetSevInfo: remote(395, { paramCount: i32, flags }, { params, count: i32 }),
  domainGetGuestInfo: remote(418, { dom, types: u32, flags }, { params }),
  domainAgentSetResponseTimeout: remote(420, { dom, timeoutSeconds: i32, flags }, { result: i32 }),
  domainBackupBegin: remote(421, { dom, backupXml: str, checkpointXml: opt(str), flags }, {}),
  domainAbortJobFlags: remote(442, { dom, flags }, {}),
  qemuDomainMonitorCommand: qemu(1, { dom, command: str, flags }, { result: str }),
  qemuDomainAgentCommand: qemu(3, { dom, command: str, timeoutSeconds: i32, flags }, { result: opt(str) }),
} satisfies Record<string, Procedure>;

export type ProcedureName = keyof typeof procedures;
/** What a procedure takes. */
export type Args<K extends ProcedureName> = Decoded<(typeof procedures)[K]['args']>;
/** What a procedure answers. */
export type Reply<K extends ProcedureName> = Decoded<(typeof procedures)[K]['reply']>;
