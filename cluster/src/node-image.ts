import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withBuildLock } from './build-lock.ts';
import { contentHash } from './cache.ts';
import { command } from './command.ts';
import { debianRoot } from './debian-root.ts';
import { runEngine } from './engine.ts';
import { buildFamily } from './go-programs.ts';
import { hasImage } from './registry.ts';

const folder = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** What a node needs of Debian: systemd for kubeadm, runc, CNI plugins, what kubelet and kube-proxy call. */
const nodePackages = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'runc',
  'containernetworking-plugins',
  'iptables',
  'nftables',
  'conntrack',
  'iproute2',
  'ethtool',
  'kmod',
  'mount',
  'util-linux',
  'procps',
  'jq',
  'e2fsprogs',
  'ca-certificates',
  'socat',
  'iputils-ping',
  'busybox-static',
  'curl',
];

/** The Go programs in a node, its pods' included. */
const nodeFamilies = ['kubernetes', 'etcd', 'containerd', 'coredns', 'pause', 'cni-agent'] as const;

/** Units that a node in a container has no use for. */
const maskedUnits = [
  'systemd-binfmt.service',
  'systemd-logind.service',
  'systemd-udevd.service',
  'console-getty.service',
  'getty.target',
  'e2scrub_reap.service',
  'e2scrub_all.timer',
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'dev-hugepages.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'sys-fs-fuse-connections.mount',
  'systemd-networkd.service',
  'systemd-timesyncd.service',
  'systemd-resolved.service',
  'nftables.service',
];

const repository = 'localhost/quickvirt/kind-node';
const pathVariable = 'PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The node image built from Go modules and Debian packages, for machines that no registry answers.
 * @returns its name, which carries the hash of its inputs.
 */
export async function buildNodeImage(): Promise<string> {
  const programs: Record<string, string> = {};
  for (const family of nodeFamilies) Object.assign(programs, await buildFamily(family));
  const version = (await command([path(programs, 'kubeadm'), 'version', '-o', 'short'])).trim();
  const hash = contentHash(
    [version, ...nodePackages, ...maskedUnits],
    [
      folder('rootfs'),
      folder('containerd'),
      fileURLToPath(import.meta.url),
      ...nodeFamilies.map((name) => folder(`go/${name}`)),
    ],
  );
  const image = `${repository}:${version}-${hash}`;
  if (await hasImage(image)) return image;
  await withBuildLock('node-image', async () => {
    if (await hasImage(image)) return;
    await makeNodeImage(programs, version, image);
    const all = await runEngine(['images', '--format', '{{.Repository}}:{{.Tag}}', repository]);
    const older = all.split('\n').filter((name) => name !== '' && name !== image);
    // One that a cluster runs on stays: the engine refuses.
    for (const name of older) await runEngine(['rmi', name]).catch(() => undefined);
  });
  return image;
}

async function makeNodeImage(programs: Record<string, string>, version: string, image: string): Promise<void> {
  const root = await debianRoot('kind-node', nodePackages);
  const work = mkdtempSync(join(tmpdir(), 'quickvirt-node-'));
  try {
    console.log('  images of the control plane (about 20 s)');
    const archive = await buildControlPlaneImages(programs, version, root, work);
    console.log('  the node image (about 1 min)');
    await buildBareImage(programs, version, root, work, `${image}-bare`);
    await preload(`${image}-bare`, archive, image);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function path(programs: Record<string, string>, name: string): string {
  const found = programs[name];
  if (!found) throw new Error(`no program ${name}; go.mod's tool lines must name it`);
  return found;
}

/** The tag that a kubeadm of this version wants of an image, out of its own list. Pure. */
export function imageTag(list: string, name: string): string {
  const found = list.split('\n').find((line) => new RegExp(`^registry\\.k8s\\.io/(.*/)?${name}:`).test(line));
  if (!found) throw new Error(`kubeadm lists no image ${name}`);
  return found.trim();
}

/** One image FROM scratch around each static program, all in one archive. */
async function buildControlPlaneImages(
  programs: Record<string, string>,
  version: string,
  root: string,
  work: string,
): Promise<string> {
  const list = await command([path(programs, 'kubeadm'), 'config', 'images', 'list', '--kubernetes-version', version]);
  const names = [
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
    'kube-proxy',
    'etcd',
    'coredns',
    'pause',
  ];
  const images = [
    ...names.map((name) => ({ name, tag: imageTag(list, name) })),
    { name: 'cni-agent', tag: 'localhost/kind-node/cni-agent:1' },
  ];
  for (const { name, tag } of images) {
    const layer = join(work, name);
    mkdirSync(join(layer, 'usr/local/bin'), { recursive: true });
    install(path(programs, name), join(layer, 'usr/local/bin', name));
    if (name === 'coredns') mkdirSync(join(layer, 'etc/ssl/certs'), { recursive: true });
    if (name === 'kube-proxy') await addIptables(layer, root, work);
    await importLayer(layer, tag, [
      '--change',
      `ENV ${pathVariable}`,
      '--change',
      `ENTRYPOINT ["/usr/local/bin/${name}"]`,
    ]);
  }
  const archive = join(work, 'images.tar');
  await runEngine(['save', '--quiet', '--multi-image-archive', '--output', archive, ...images.map(({ tag }) => tag)]);
  return archive;
}

/** Makes a folder the only layer of an image, with the same bytes for the same content. */
async function importLayer(layer: string, tag: string, changes: string[]): Promise<void> {
  const tar = `${layer}.tar`;
  await command([
    'tar',
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '-C',
    layer,
    '-cf',
    tar,
    '.',
  ]);
  await runEngine(['import', '--quiet', ...changes, tar, tag]);
  rmSync(tar);
}

function install(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, 0o755);
}

/** kube-proxy runs iptables and nft: these, the libraries they load, and the matches that they load by name. */
async function addIptables(layer: string, root: string, work: string): Promise<void> {
  const base = join(work, 'iptables-root');
  mkdirSync(base);
  await command(['tar', '-C', base, '--exclude=./dev/*', '-xf', root]);
  for (const name of ['usr/sbin', 'run', 'tmp']) mkdirSync(join(layer, name), { recursive: true });
  for (const name of ['lib', 'lib64']) symlinkSync(`usr/${name}`, join(layer, name));
  const script = `
    take() {
      { printf '%s\\n' "$1"; ldd "$1" | grep -o '/[^ ]*'; } | while read -r library; do
        real=$(realpath "$library"); usr=/usr\${library#/usr}
        mkdir -p "/layer\${real%/*}" "/layer\${usr%/*}"
        cp -u "$real" "/layer$real"
        [ "$real" = "$usr" ] || ln -sf "$real" "/layer$usr"
      done
    }
    take /usr/sbin/xtables-nft-multi; take /usr/sbin/nft
    for file in /usr/lib/*-linux-gnu/xtables/*.so; do take "$file"; done`;
  mkdirSync(join(base, 'layer'));
  await command(['chroot', base, 'sh', '-eu', '-c', script]);
  cpSync(join(base, 'layer'), layer, { recursive: true, verbatimSymlinks: true });
  for (const name of ['iptables', 'ip6tables']) {
    for (const verb of ['', '-save', '-restore'])
      symlinkSync('xtables-nft-multi', join(layer, 'usr/sbin', `${name}${verb}`));
  }
  rmSync(base, { recursive: true });
}

/** Debian, our own files, kubelet and containerd: a node without images. */
async function buildBareImage(
  programs: Record<string, string>,
  version: string,
  debian: string,
  work: string,
  image: string,
): Promise<void> {
  const root = join(work, 'root');
  mkdirSync(root);
  await command(['tar', '-C', root, '--exclude=./dev/*', '-xf', debian]);
  await command(['cp', '-a', '--no-preserve=ownership', `${folder('rootfs')}/.`, root]);
  for (const name of ['kubeadm', 'kubelet', 'kubectl', 'containerd', 'containerd-shim-runc-v2', 'ctr'])
    install(path(programs, name), join(root, 'usr/bin', name));
  const list = await command([path(programs, 'kubeadm'), 'config', 'images', 'list', '--kubernetes-version', version]);
  mkdirSync(join(root, 'etc/containerd'), { recursive: true });
  writeFileSync(
    join(root, 'etc/containerd/config.toml'),
    readFileSync(join(folder('containerd'), 'config.toml'), 'utf8').replace('"PAUSE"', `"${imageTag(list, 'pause')}"`),
  );
  writeFileSync(join(root, 'kind/version'), `${version}\n`);
  for (const name of ['etc/kubernetes/manifests', 'etc/cni/net.d', 'opt/cni'])
    mkdirSync(join(root, name), { recursive: true });
  await command(['sh', '-c', 'rm -rf etc/machine-id etc/cni/net.d/* etc/resolv.conf'], { cwd: root });
  const systemctl = (...words: string[]): Promise<string> => command(['chroot', root, 'systemctl', ...words]);
  await systemctl(
    'enable',
    '--quiet',
    'containerd.service',
    'kubelet.service',
    'node-dns@udp.service',
    'node-dns@tcp.service',
  );
  await systemctl('set-default', '--quiet', 'multi-user.target');
  await systemctl('mask', '--quiet', ...maskedUnits);
  const tar = join(work, 'node.tar');
  await command(['tar', '--sort=name', '-C', root, '-cf', tar, '.']);
  rmSync(root, { recursive: true });
  await runEngine([
    'import',
    '--quiet',
    '--change',
    `ENTRYPOINT ${nodeEntrypoint}`,
    '--change',
    'ENV container=podman',
    '--change',
    'STOPSIGNAL SIGKILL',
    tar,
    image,
  ]);
  rmSync(tar);
}

const nodeEntrypoint = '["/usr/local/bin/node-init","/sbin/init"]';

/** Puts the images into containerd's content store once, at build time; a node unpacks them when it first runs them. */
async function preload(bare: string, archive: string, image: string): Promise<void> {
  const container = (
    await runEngine([
      'run',
      '--detach',
      '--privileged',
      '--net=none',
      '--stop-signal',
      'TERM',
      '--tmpfs',
      '/run',
      '--volume',
      `${archive}:/images.tar:ro`,
      '--entrypoint',
      '/usr/bin/containerd',
      bare,
    ])
  ).trim();
  try {
    // containerd's socket appears once it serves; the image has inotify through busybox.
    const wait = 'n=0; until ctr version >/dev/null 2>&1; do n=$((n+1)); [ $n -gt 100 ] && exit 1; sleep 0.1; done';
    await runEngine(['exec', container, 'sh', '-c', wait]);
    await runEngine([
      'exec',
      container,
      'ctr',
      '--namespace=k8s.io',
      'images',
      'import',
      '--all-platforms',
      '--no-unpack',
      '--digests',
      '/images.tar',
    ]);
    await runEngine(['stop', '--time', '5', container]);
    await runEngine([
      'commit',
      '--quiet',
      '--change',
      'STOPSIGNAL SIGKILL',
      '--change',
      `ENTRYPOINT ${nodeEntrypoint}`,
      container,
      image,
    ]);
  } finally {
    await runEngine(['rm', '--force', '--time', '0', container]);
  }
  await runEngine(['rmi', '--force', bare]).catch(() => undefined);
}
