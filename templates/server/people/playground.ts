import { createHash } from 'node:crypto';
import type { Answer } from '../router.ts';
import page from './playground.html';

/**
 * The page at `/`: a form from the signature, which it reads from `openapi.json` like any other client. It holds no facts of
 * the model, so it may be seen without a token. Nothing from outside is loaded, and no script but its own runs.
 */
export function makePlayground(): Answer {
  return {
    status: 200,
    body: page,
    contentType: 'text/html; charset=utf-8',
    headers: {
      'content-security-policy': [
        "default-src 'none'",
        `script-src '${hashOf('script')}'`,
        `style-src '${hashOf('style')}'`,
        "connect-src 'self'",
        'img-src data:',
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ].join('; '),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  };
}

/** What the policy knows the page's own script or style by. */
function hashOf(tag: string): string {
  const content = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(page)?.[1] ?? '';
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}
