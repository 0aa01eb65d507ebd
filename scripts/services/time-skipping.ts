/** Temporal's time-skipping test server: the Java program of its Java SDK, started by each test environment that wants one. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { run } from '../run.ts';
import { Unavailable, cacheFolder } from './service.ts';
import type { Service } from './service.ts';

const version = '1.38.0';
const folder = `${cacheFolder}/temporal-test-server/${version}`;

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>perdure</groupId>
  <artifactId>temporal-test-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${version}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-nop</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;

// `exec`, so that whoever ends this process ends the server. The flags halve the time to start.
const script = `#!/bin/sh
lib=$(dirname "$0")/lib
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$lib/*" io.temporal.testserver.TestServer "$@"
`;

/** Finds or fetches the test server; the value is the path of an executable that takes a port. Throws `Unavailable`. */
export async function timeSkippingServer(log: (line: string) => void): Promise<Service> {
  const named = process.env['TEMPORAL_TEST_SERVER'];
  if (named !== undefined && named !== '') {
    if (existsSync(named)) return { value: named, origin: 'TEMPORAL_TEST_SERVER', stop: () => {} };
    throw new Unavailable(`there is no file TEMPORAL_TEST_SERVER=${named}`);
  }
  const cached = existsSync(`${folder}/run`);
  if (!cached) await install(log);
  await need('java', ['-version'], log);
  return { value: `${folder}/run`, origin: cached ? 'cached' : 'from Maven', stop: () => {} };
}

async function install(log: (line: string) => void): Promise<void> {
  await need('java', ['-version'], log);
  await need('mvn', ['--version'], log);
  log(`fetching the time-skipping test server ${version}, once ...`);
  const building = `${folder}-${process.pid}`;
  await mkdir(building, { recursive: true });
  try {
    await writeFile(`${building}/pom.xml`, pom);
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=lib'];
    const { code, output } = await run('mvn', ['--batch-mode', '--quiet', ...goal], { cwd: building });
    if (code !== 0) throw new Unavailable(`Maven cannot fetch the test server:\n${output.trimEnd()}`);
    await writeFile(`${building}/run`, script, { mode: 0o755 });
    await rm(folder, { recursive: true, force: true });
    await rename(building, folder);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

const debianPackages = ['default-jre-headless', 'maven'];

/** Makes sure that a tool is there; on Debian, as root (a container), by installing it. */
async function need(tool: string, probe: readonly string[], log: (line: string) => void): Promise<void> {
  if ((await run(tool, probe)).code === 0) return;
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    log(`installing ${debianPackages.join(' and ')} ...`);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const arguments_ = ['install', '--yes', '--quiet', '--no-install-recommends', ...debianPackages];
    await run('apt-get', ['update', '--quiet'], { env });
    const { output } = await run('apt-get', arguments_, { env });
    if ((await run(tool, probe)).code === 0) return;
    log(output.trimEnd());
  }
  throw new Unavailable(`${tool} is not installed; the test server is a Java program that comes from Maven`);
}
