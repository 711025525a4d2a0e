"""Managed login on this machine: the pages that Cognito serves on a user pool's domain.

Sign-in with a password or a code by e-mail, second factors, new passwords, sign-up, a forgotten
password, signing out, and the mailbox in which the simulated mails arrive. They call
the emulator's public API through an app client of their own; what the API cannot do (mint an
authorization code) they ask of ministack. What they keep is in memory, and a restart forgets it:
sign-ins under way, and who has signed in within the last hour. There is no second database of people.

The pages speak English, German, French and Spanish. Real managed login has more languages (it ja ko
pt-BR zh-CN zh-TW id); asked for one of those, these pages stay English.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
"""
