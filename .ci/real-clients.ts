import { spawnSync } from 'node:child_process';
import { SERVED_TYPES } from '../schemas/plan.ts';
import { identity, makePlan, type PlanFacts, SLOW, TWO_BY_TWO } from '../test/server/plans.ts';
import { type RunningServer, startServer } from '../test/server/running-server.ts';

/**
 * real-clients.ts PYTHON: serves small models, one of each element type among them, and has the public clients of the protocol
 * talk to them (real-clients.py).
 */
const models: readonly (readonly [fixture: string, facts: PlanFacts])[] = [
  ['two-by-two', TWO_BY_TWO],
  ['slow', SLOW],
  ...SERVED_TYPES.map((type) => [`identity-${type}`, identity(type)] as const),
];
const servers: RunningServer[] = [];
const ports: Record<string, { http: number; grpc: number }> = {};
for (const [fixture, facts] of models) {
  const server = await startServer({ fixture, plan: makePlan(facts) });
  servers.push(server);
  ports[fixture] = { http: server.port(), grpc: server.grpcPort() };
}
const python = process.argv[2] ?? 'python3';
const { status } = spawnSync(python, ['.ci/real-clients.py', JSON.stringify(ports)], { stdio: 'inherit' });
for (const server of servers) server.process.kill('SIGTERM');
const exits = await Promise.all(servers.map((server) => server.exit));
const said = servers.map((server) => server.output.stderr).join('');
if (said !== '') process.stderr.write(said);
process.exitCode = status === 0 && exits.every((code) => code === 0) && said === '' ? 0 : 1;
