import assert from 'node:assert/strict';
import { verifyCommand } from '../../src/commands/verify.ts';
import { isFailure } from '../container/registry/support.ts';
import { testDoor } from './door.ts';

describe('plimsoll verify', () => {
  it('refuses a report without a name before anything is started', async () => {
    await assert.rejects(
      verifyCommand.run('examples/sklearn', { output: '' }, testDoor()),
      isFailure('usage/output', /--output ""/),
    );
  });

  it('refuses the project of what is a project itself', async () => {
    await assert.rejects(
      verifyCommand.run('.', { project: 'examples/sklearn' }, testDoor()),
      isFailure('usage/project', /\. is no image/),
    );
  });
});
