"""Accounts on platforms: their pages' addresses as browsers, phones and trackers leave them."""

from urllib.parse import quote

from .groups import Groups

RULE = "everything that leads to one account by its address alone"
HOST = "RFC 3986, 3.2.2 and 6.2.2: case of the host, percent-encoding"

# Platform, hosts, path before the handle, handles as the platform writes them, whether its case is ignored, sub-pages,
# pages of its own, where the form of its addresses is seen.
PLATFORMS = [
    ("behance", ["www.behance.net"], "", ["averyquill", "noor-vandersee"], ["/projects", "/info"], ["search/users", "gallery/1/x", "joblist"], "https://www.behance.net/"),
    ("bitbucket", ["bitbucket.org"], "", ["averyquill", "noor_vandersee"], ["/workspace/projects", "/repo"], ["account/signin", "product"], "https://bitbucket.org/"),
    ("dribbble", ["dribbble.com"], "", ["averyquill", "noor-v"], ["/about", "/likes"], ["shots/1-x", "jobs", "search/x"], "https://dribbble.com/"),
    ("fiverr", ["www.fiverr.com", "de.fiverr.com"], "", ["averyquill", "noor_v7"], ["/do-a-thing-for-you", "?source=x"], ["categories/x", "search/gigs"], "https://www.fiverr.com/"),
    ("freelancer", ["www.freelancer.com", "www.freelancer.in", "www.freelancer.co.uk"], "u/", ["AveryQuill", "noorv7"], ["/portfolio", "?w=f"], ["projects/x", "jobs"], "https://www.freelancer.com/u/"),
    ("github", ["github.com", "www.github.com"], "", ["averyquill", "noor-v7"], ["/repo", "/repo/issues/3", "?tab=repositories"], ["features", "topics/rust", "settings/profile", "login"], "https://docs.github.com/en/account-and-profile"),
    ("gitlab", ["gitlab.com", "www.gitlab.com"], "", ["averyquill", "noor.v7", "tomas_f"], ["/project", "/project/-/issues"], ["explore", "help", "dashboard/projects", "users/sign_in"], "https://docs.gitlab.com/ee/user/profile/"),
    ("hackerrank", ["www.hackerrank.com"], "profile/", ["averyquill", "noor_v7"], ["?x=y"], ["challenges/x", "contests"], "https://www.hackerrank.com/"),
    ("instagram", ["www.instagram.com", "m.instagram.com"], "", ["averyquill", "noor.v7", "tomas_f"], ["/reels/", "?igshid=abc", "?hl=en"], ["p/Cabc", "explore/tags/x", "reel/Cabc", "accounts/login"], "https://help.instagram.com/"),
    ("kaggle", ["www.kaggle.com"], "", ["averyquill", "noorv7"], ["/code", "/datasets"], ["competitions/x", "datasets/a/b"], "https://www.kaggle.com/"),
    ("leetcode", ["leetcode.com"], "u/", ["averyquill", "noor_v7"], ["/"], ["problems/two-sum", "contest"], "https://leetcode.com/"),
    ("linkedin", ["www.linkedin.com", "br.linkedin.com", "de.linkedin.com", "in.linkedin.com", "m.linkedin.com", "uk.linkedin.com"], "in/", ["avery-quill-12345", "noor-vandersee", "tomás-ferreiro", "mika-saarelainen-8a1b2c"], ["/en", "/pt-br", "/details/experience/", "/recent-activity/all/", "?trk=public_profile", "?originalSubdomain=br", "/overlay/contact-info/"], ["company/corp", "jobs/view/1", "feed/update/1", "pub/dir/Avery/Quill", "school/x"], "https://www.linkedin.com/help/linkedin/answer/a542685"),
    ("medium", ["medium.com", "www.medium.com"], "@", ["averyquill", "noor.v7"], ["/a-story-1a2b3c", "/followers"], ["tag/rust", "search?q=x"], "https://help.medium.com/"),
    ("npm", ["www.npmjs.com"], "~", ["averyquill", "noor-v7"], ["?activeTab=packages"], ["package/left-pad", "search?q=x"], "https://docs.npmjs.com/"),
    ("telegram", ["t.me", "telegram.me", "www.t.me"], "", ["averyquill", "noor_v7"], ["?start=x", "/12"], ["joinchat/AAAA", "addstickers/x", "share/url?url=x"], "https://core.telegram.org/api/links"),
    ("toptal", ["www.toptal.com"], "resume/", ["avery-quill"], ["?x=y"], ["developers", "careers"], "https://www.toptal.com/"),
    ("x", ["x.com", "twitter.com", "mobile.twitter.com", "www.twitter.com", "mobile.x.com"], "", ["averyquill", "noor_v7"], ["/status/123", "/with_replies", "?s=20&t=abc", "?lang=de"], ["home", "explore", "i/lists/1", "hashtag/rust", "search?q=x"], "https://help.x.com/"),
    ("youtube", ["www.youtube.com", "m.youtube.com"], "@", ["averyquill", "noor-v7"], ["/videos", "/about", "?si=abc"], ["watch?v=abc", "playlist?list=x", "results?search_query=x"], "https://support.google.com/youtube/answer/11585688"),
    ("facebook", ["www.facebook.com", "m.facebook.com", "de-de.facebook.com", "mbasic.facebook.com", "fb.com"], "", ["averyquill", "noorv7"], ["/about", "?ref=x", "/photos"], ["groups/1", "events/1", "marketplace", "sharer/sharer.php?u=x"], "https://www.facebook.com/help/211813265517027"),
]

SIGILS = {"youtube": "@"}


def vectors():
    groups = Groups()
    for row in PLATFORMS:
        platform(groups, *row)
    linkedin_ids(groups)
    upwork(groups)
    stackoverflow(groups)
    discord(groups)
    facebook(groups)
    others(groups)
    crossed(groups)
    lookalikes(groups)
    refused(groups)
    return groups


def platform(groups, name, hosts, path, handles, tails, own_pages, source):
    for handle in handles:
        canonical = f"{name}:{SIGILS.get(name, '')}{handle.lower()}"
        group = f"{name} {handle}"
        spellings = [f"https://{host}/{path}{handle}" for host in hosts]
        first = spellings[0]
        spellings += [first + tail for tail in tails]
        groups.add(group, canonical, RULE, source, spellings)
        host = hosts[0]
        forms = [f"http://{host}/{path}{handle}", f"{host}/{path}{handle}", f"HTTPS://{host.upper()}/{path}{handle}", first + "/", first + "#top",
                 f"https://{host}:443/{path}{handle}", f"//{host}/{path}{handle}", f"<{first}>", f"({first})", f"{first},", f" {first}\n",
                 f"{first}?utm_source=cv&utm_medium=pdf", f"https://{host}/{path}{handle.upper()}", f"https://{host}//{path}{handle}",
                 f"hxxps://{host.replace('.', '[.]')}/{path}{handle}", f"{first}\u200b", f"https://{host}./{path}{handle}",
                 f"https://{host}/{path}{percent(handle)}", f"https://{host}/{path}{quote(handle)}"]
        groups.add(group, canonical, RULE, HOST, forms)
        named = [f"{name}:{handle}", f"{name}: {handle}", f"{name.title()} {handle}", f"{name}/{handle}", f"{name}:@{handle}", f"{name}: {first}"]
        groups.add(group, canonical, "platform:handle", "docs/kinds/profile.md", named)
    for page in own_pages:
        groups.refuse(f"{name}'s own page", "profile-reserved", "a page that is not an account's is refused", source, f"https://{hosts[0]}/{page}")


def percent(handle):
    """The first letter as percent-encoding, which RFC 3986 says is the same address."""
    return f"%{ord(handle[0]):02X}{quote(handle[1:])}" if handle[0].isascii() else quote(handle)


def linkedin_ids(groups):
    source = "https://learn.microsoft.com/linkedin/shared/references/v2/profile"
    for number, opaque in enumerate(("ACoAABcDeFgHiJkLmNoPqRsTuVwXyZ0123456789", "ACoAABcDeFgHiJkLmNoPqRsTuVwXyZ0123456780", "ACoAABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")):
        spellings = [f"https://www.linkedin.com/in/{opaque}", f"https://www.linkedin.com/in/{opaque}/", f"https://br.linkedin.com/in/{opaque}?trk=x",
                     f"linkedin.com/in/{opaque}", f"linkedin:{opaque}", f"https://www.linkedin.com/mwlite/in/{opaque}"]
        groups.add(f"linkedin id {number + 1}", f"linkedin:{opaque}", "linkedin's opaque ids keep their case", source, spellings)
    rule, source = "composed or not, encoded or not", "Unicode NFC, RFC 3987"
    handle = "jos\u00e9-\u00e1lvarez-77"
    spellings = [f"https://www.linkedin.com/in/{form}" for form in (handle, "jose\u0301-a\u0301lvarez-77", quote(handle), quote("jose\u0301-a\u0301lvarez-77"),
                                                                   quote(handle).lower(), quote(quote(handle)), handle.upper())]
    groups.add("linkedin josé", f"linkedin:{handle}", rule, source, spellings)
    groups.add("linkedin jose", "linkedin:jose-alvarez-77", "an accent counts", source, ["https://www.linkedin.com/in/jose-alvarez-77"])
    for name in ("иван-квилл-5", "山田-クイル-5", "김-퀼-5"):
        groups.add(f"linkedin {name}", f"linkedin:{name}", "a handle may have any script", source,
                   [f"https://www.linkedin.com/in/{name}", f"https://www.linkedin.com/in/{quote(name)}/", f"linkedin:{name}", f"https://cn.linkedin.com/in/{quote(name)}?x=y"])


def upwork(groups):
    source = "https://support.upwork.com/"
    for number, key in enumerate(("01abcdef0123456789", "01abcdef0123456780")):
        spellings = [f"https://www.upwork.com/freelancers/~{key}", f"https://www.upwork.com/fl/~{key}", f"https://www.upwork.com/o/profiles/users/~{key}/",
                     f"https://www.upwork.com/o/profiles/users/_~{key}/", f"https://www.upwork.com/freelancers/~{key}?viewMode=1", f"upwork:~{key}", f"upwork.com/freelancers/~{key}"]
        groups.add(f"upwork {number + 1}", f"upwork:{key}", RULE, source, spellings)
    groups.refuse("upwork's own page", "profile-reserved", "a page that is not an account's is refused", source, "https://www.upwork.com/jobs/x", "https://www.upwork.com/nx/search/talent")


def stackoverflow(groups):
    source = "https://stackoverflow.com/help/user-merge"
    for number in ("1234567", "1234568"):
        spellings = [f"https://stackoverflow.com/users/{number}", f"https://stackoverflow.com/users/{number}/avery-quill", f"https://www.stackoverflow.com/users/{number}/",
                     f"https://stackoverflow.com/users/{number}/avery-quill?tab=profile", f"stackoverflow:{number}", f"https://stackoverflow.com/users/{number}/renamed"]
        groups.add(f"stackoverflow {number}", f"stackoverflow:{number}", "the number is the account, the name beside it is not", source, spellings)
    groups.refuse("another site of the network", "profile-unknown-platform", "each site numbers its own users", source, "https://serverfault.com/users/1234567")
    groups.refuse("stackoverflow's own page", "profile-reserved", "a page that is not an account's is refused", source, "https://stackoverflow.com/questions/1/x", "https://stackoverflow.com/tags")


def discord(groups):
    source = "https://discord.com/developers/docs/reference"
    for number in ("123456789012345678", "123456789012345679"):
        groups.add(f"discord {number}", f"discord:{number}", RULE, source, [f"https://discord.com/users/{number}", f"discord.com/users/{number}/", f"https://discordapp.com/users/{number}", f"discord:{number}"])
    groups.add("discord name", "discord:avery.quill", "discord's names are lower-case", source, ["discord:avery.quill", "discord: @Avery.Quill", "Discord avery.quill"])
    for tag in ("Avery#1234", "avery#1234", "Avery#1235"):
        groups.add(f"discord {tag}", f"discord:{tag}", "in names with a number case counts", source, [f"discord:{tag}", f"discord: {tag}"])
    groups.refuse("discord's own page", "profile-reserved", "a page that is not an account's is refused", source, "https://discord.com/invite/abc", "https://discord.com/channels/1/2")


def facebook(groups):
    source = "https://www.facebook.com/help/105399436216001"
    spellings = [f"https://www.facebook.com/{handle}" for handle in ("avery.quill.9", "averyquill9", "Avery.Quill9", "AVERYQUILL9")] + ["facebook:avery.quill9", "fb:averyquill9"]
    groups.add("facebook dots", "facebook:averyquill9", "facebook ignores dots and case", source, spellings)
    for number in ("100012345678901", "100012345678902"):
        spellings = [f"https://www.facebook.com/profile.php?id={number}", f"https://m.facebook.com/profile.php?id={number}&ref=x", f"https://www.facebook.com/{number}",
                     f"https://www.facebook.com/people/Avery-Quill/{number}/", f"facebook:{number}"]
        groups.add(f"facebook {number}", f"facebook:{number}", RULE, source, spellings)


def others(groups):
    groups.add("github pages", "github:mikas", RULE, "https://docs.github.com/en/pages", ["https://mikas.github.io", "https://mikas.github.io/project/", "https://github.com/mikas", "https://gist.github.com/mikas/1a2b"])
    groups.add("gitlab pages", "gitlab:mikas", RULE, "https://docs.gitlab.com/ee/user/project/pages/", ["https://mikas.gitlab.io/x", "https://gitlab.com/mikas"])
    groups.add("medium host", "medium:mikas", RULE, "https://help.medium.com/", ["https://mikas.medium.com/a-story", "https://medium.com/@mikas"])
    groups.add("telegram host", "telegram:mikasq", RULE, "https://core.telegram.org/api/links", ["https://mikasq.t.me", "https://t.me/mikasq", "https://t.me/s/mikasq", "tg://resolve?domain=mikasq", "tg:mikasq"])
    groups.add("x by intent", "x:mikas", RULE, "https://developer.x.com/", ["https://twitter.com/intent/user?screen_name=mikas", "https://x.com/@mikas", "twitter:@mikas", "x.com/mikas"])
    dots = [f"https://www.linkedin.com/in/{path}" for path in ("avery-quill-1/../noor-v-77", "./noor-v-77", "noor-v-77/.", "avery-quill-1/%2E%2E/noor-v-77")]
    groups.add("linkedin noor-v-77", "linkedin:noor-v-77", "dot segments are resolved as a browser does", "RFC 3986, 5.2.4", dots + ["https://www.linkedin.com\\in\\noor-v-77"])
    groups.add("linkedin avery-quill-1", "linkedin:avery-quill-1", "dot segments are resolved as a browser does", "RFC 3986, 5.2.4", ["https://www.linkedin.com/in/noor-v-77/../avery-quill-1"])
    youtube = "UCabcdefGHIJKLmnopqrstuv"
    for key in (youtube + "", youtube[:-1] + "w"):
        groups.add(f"youtube {key}", f"youtube:{key}", "a channel's id keeps its case", "https://support.google.com/youtube/answer/3250431", [f"https://www.youtube.com/channel/{key}", f"https://m.youtube.com/channel/{key}/videos", f"youtube:{key}"])


def crossed(groups):
    """Addresses that once led to another account, or everybody's to one."""
    rule = "only the platform's own page takes the account from the query"
    source = "RFC 3986, 3.4; https://developer.x.com/en/docs/x-for-websites/web-intents/overview"
    groups.add("x tomasf", "x:tomasf", rule, source, ["https://x.com/tomasf?screen_name=mikasq", "https://x.com/tomasf", "https://x.com/intent/follow?screen_name=tomasf"])
    groups.add("x mikasq", "x:mikasq", rule, source, ["https://x.com/intent/user?screen_name=mikasq", "https://x.com/mikasq?screen_name=tomasf"])
    groups.add("facebook tomasf", "facebook:tomasf", rule, source, ["https://www.facebook.com/tomasf?id=100012345678909", "https://www.facebook.com/tomasf"])
    rule = "pages behind #! are those before it"
    source = "https://developers.google.com/search/docs/ajax-crawling/docs/specification"
    groups.add("x mikasq", "x:mikasq", rule, source, ["https://twitter.com/#!/mikasq", "http://twitter.com/#!/mikasq/status/1"])
    groups.add("facebook tomasf", "facebook:tomasf", rule, source, ["https://www.facebook.com/#!/tomasf"])
    rule, source = "a link that opens the program, its parameters in any order", "https://core.telegram.org/api/links"
    groups.add("telegram tomas_f", "telegram:tomas_f", rule, source, ["tg:resolve?domain=tomas_f", "TG://resolve?domain=tomas_f", "tg://resolve?start=x&domain=tomas_f", "tg://resolve?domain=tomas_f&start=x", "https://t.me/tomas_f"])
    groups.refuse("telegram's other links", "profile-reserved", rule, source, "tg:resolve?phone=15550142", "tg://resolve?phone=15550142", "tg://user?id=5", "tg://join?invite=abc", "https://t.me/giftcode/x", "https://t.me/invoice/x", "https://t.me/nft/x", "https://t.me/msg?x")
    rule = "short and shared links lead to anybody"
    groups.refuse("medium's short link", "profile-reserved", rule, "https://link.medium.com/", "https://link.medium.com/AbCdEf")
    groups.refuse("a shared link", "profile-reserved", rule, "the platforms' own share buttons", "https://www.fiverr.com/s/AbCdEf", "https://www.fiverr.com/share/AbCdEf", "https://www.instagram.com/share/AbCdEf",
                  "https://www.instagram.com/stories/highlights/17890/", "https://www.instagram.com/s/AbCd", "https://github.com/user-attachments/assets/1", "https://www.facebook.com/l.php?u=x", "https://www.facebook.com/login.php")
    groups.refuse("a gist without its owner", "profile-reserved", "an id is no account", "https://docs.github.com/en/get-started/writing-on-github/editing-and-sharing-content-with-gists", "https://gist.github.com/aa5a315d61ae9438b18d", "https://gist.github.com/discover")
    source = "https://docs.gitlab.com/user/reserved_names"
    groups.refuse("gitlab's reserved names", "profile-reserved", "names that the platform reserves", source, *[f"https://gitlab.com/{name}" for name in ("uploads", "health_check", "v2", "robots.txt", "unsubscribes", "files")])
    source = "https://github.com/LeetCode-OpenSource/vscode-leetcode/issues/334"
    groups.refuse("leetcode.cn", "profile-unknown-platform", "the Chinese site has accounts of its own", source, "https://leetcode.cn/u/averyquill")
    groups.add("freelancer tomasf", "freelancer:tomasf", RULE, "https://www.br.freelancer.com/", ["https://www.br.freelancer.com/u/tomasf", "https://br.freelancer.com/u/tomasf", "https://www.freelancer.com/u/tomasf"])
    groups.add("linkedin tomas-f-5", "linkedin:tomas-f-5", RULE, HOST, ["https://touch.www.linkedin.com/in/tomas-f-5", "\u201chttps://www.linkedin.com/in/tomas-f-5\u201d", "\u2022 linkedin.com/in/tomas-f-5", "\uff4cinkedin.com/in/tomas-f-5"])
    source = "https://support.discord.com/hc/en-us/articles/12620128861463"
    groups.add("discord tomas.f", "discord:tomas.f", "a name of the new sort has no number", "https://discord.com/developers/docs/change-log (unique usernames)", ["discord:tomas.f", "discord:tomas.f#0"])
    groups.add("discord 123456789012345670", "discord:123456789012345670", RULE, source, ["https://ptb.discord.com/users/123456789012345670", "https://canary.discord.com/users/123456789012345670", "discord:123456789012345670"])
    groups.refuse("oneself on discord", "profile-reserved", "everybody's address of their own account", "https://discord.com/developers/docs/resources/user", "https://discord.com/users/@me")
    groups.refuse("a platform's other host", "profile-reserved", "a page that is not an account's is refused", HOST, "https://docs.github.com/en", "https://help.medium.com/x", "https://about.gitlab.com/x")
    groups.refuse("another site of the network", "profile-unknown-platform", "each site numbers its own users", "https://stackoverflow.com/help/user-merge", "https://pt.stackoverflow.com/users/1234567", "https://meta.stackoverflow.com/users/1234567")
    groups.refuse("everyone on discord", "profile-reserved", "names that the platform reserves", source, "discord:everyone", "discord:here")


def lookalikes(groups):
    rule, source = "a host that only looks like a platform's is refused", "UTS 39"
    hosts = ["linkedin.com.evil.example", "linked1n.com", "lìnkedin.com", "linkedin-profile.example", "www.linkedin.co", "github.com.evil.example", "g1thub.com",
             "githúb.com", "gіthub.com", "twitter.com.example", "faceb00k.com", "telegram-web.example", "upwork-jobs.example", "xn--lnkedin-7ya.com"]
    for host in hosts:
        path = "in/avery-quill" if "in" in host and "ked" in host else "averyquill"
        groups.refuse("a look-alike", "profile-lookalike", rule, source, f"https://{host}/{path}")
    groups.refuse("user information", "profile-lookalike", "nothing stands before the host", "RFC 3986, 7.6", "https://linkedin.com@evil.example/in/avery", "https://www.github.com:x@evil.example/avery")


def refused(groups):
    source = "docs/kinds/profile.md"
    groups.refuse("no platform", "profile-no-platform", "no platform, no account", source, "averyquill", "@averyquill", "in/avery-quill")
    groups.refuse("an unknown platform", "profile-unknown-platform", "platforms without a rule are refused", source, "https://people.example/averyquill", "https://corp.example/in/avery")
    groups.refuse("a bad handle", "profile-handle", "a handle is made of its platform's letters", source, "github:avery quill", "github:" + "a" * 40, "x:avery-quill", "x:averyquillaveryquill",
                  "telegram:ab", "instagram:avery-quill", "stackoverflow:avery", "linkedin:ab", "https://github.com/avery%FF", "https://t.me/+AbCdEf")
    groups.refuse("nobody's account", "placeholder", "examples of manuals are nobody's", "protocol/data/denylist.txt", "github:username", "https://www.linkedin.com/in/yourname", "https://x.com/twitter")
