"""The one page that is seen before a login."""

from html import escape

from mvm_core.language import gettext, language

_PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; background: #0b0d0f; color: #e8eaec;
  font: 17px/1.4 system-ui, sans-serif; }}
main {{ width: min(22rem, 90vw); }}
h1 {{ font-size: 1.5rem; font-weight: 600; margin: 0 0 1rem; }}
label {{ display: block; margin: .8rem 0 .2rem; }}
input {{ box-sizing: border-box; width: 100%; padding: .6rem; font: inherit; color: inherit;
  background: #171b1f; border: 1px solid #7b858e; border-radius: .4rem; }}
button, .button {{ display: block; box-sizing: border-box; width: 100%; margin-top: 1.2rem;
  padding: .6rem; font: inherit; font-weight: 600; text-align: center;
  text-decoration: none; color: #0b0d0f; background: #5cc8b4; border: 0;
  border-radius: .4rem; cursor: pointer; }}
:focus-visible {{ outline: 3px solid #fff; outline-offset: 2px; }}
[role=alert] {{ border-left: 4px solid #e0a030; padding: .3rem .8rem; background: #171b1f; }}
p {{ color: #c3c9cf; }}
</style></head><body><main>
<h1>{heading}</h1>
{told}{ways}
<p>{notice}</p>
</main></body></html>
"""

_FORM = """<form method="post" action="login">
<label for="name">{name}</label><input id="name" name="name" autocomplete="username" required autofocus>
<label for="password">{password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button type="submit">{enter}</button></form>
"""


def login_page(told: str, with_password: bool, provider_address: str | None) -> str:
    """The page.

    Parameters
    ----------
    told : str
        A sentence above the form; may be empty.
    with_password : bool
        Whether there are accounts with a password.
    provider_address : str or None
        Where the hospital's own login begins.
    """
    alert = f'<div role="alert">{escape(told)}</div>\n' if told else ""
    ways = ""
    if with_password:
        ways = _FORM.format(name=gettext("Name"), password=gettext("Password"), enter=gettext("Log in"))
    if provider_address is not None:
        address = escape(provider_address, quote=True)
        label = escape(gettext("Log in with your hospital account"))
        ways += f'<a class="button" href="{address}">{label}</a>\n'
    return _PAGE.format(
        told=alert,
        ways=ways,
        language=language(),
        title=escape(gettext("Log in: metastasis or fracture")),
        heading=escape(gettext("Metastasis or fracture")),
        notice=escape(gettext("Not a medical device.")),
    )
