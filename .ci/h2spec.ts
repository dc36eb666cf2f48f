import { spawnSync } from 'node:child_process';
import { makePlan, TWO_BY_TWO } from '../test/server/plans.ts';
import { startServer } from '../test/server/running-server.ts';

/** h2spec.ts PROGRAM: has h2spec try the port for gRPC, and fails where one test of it does. */
const server = await startServer({ fixture: 'two-by-two', plan: makePlan(TWO_BY_TWO) });
const args = ['--port', `${server.grpcPort()}`, '--path', '/grpc.health.v1.Health/Check', '--timeout', '5'];
const { status } = spawnSync(process.argv[2] ?? 'h2spec', args, { stdio: 'inherit' });
server.process.kill('SIGTERM');
const code = await server.exit;
process.stderr.write(server.output.stderr);
process.exitCode = status === 0 && code === 0 && server.output.stderr === '' ? 0 : 1;
