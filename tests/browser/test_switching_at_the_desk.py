"""A line fails and is switched around: two desks, two languages, one order, one tag and one study copy."""

from playwright.sync_api import expect


def hang_tag(desk, device):
    """Hang a hold on a device from the list of all that is switched, which is open."""
    tags = desk.page.locator(".switching_view .tag_list")
    tags.get_by_role("button", name=desk.words("switching.tag.place")).click()
    tags.locator("input[name=tag_device]").fill(device)
    tags.locator("input[name=tag_note]").fill("wang")
    tags.get_by_role("button", name=desk.words("switching.tag.send"), exact=True).click()
    expect(tags.locator(f"[data-tag={device}]")).to_contain_text("li")


def execute_next(desk):
    """Note the next step as executed, by the key of it; the words of a flag want a reason."""
    desk.page.keyboard.press("e")
    form = desk.page.locator(".panel form.action_form")
    expect(form).to_be_visible()
    reason = form.locator("input[name=reason]")
    if reason.count():
        reason.fill("wang")
    form.get_by_role("button", name=desk.words("switching.execute.send")).click()


def rehearse(desk):
    """Try both steps of the order on a study copy, and leave it."""
    desk.button("switching.study", exact=True).click()
    study = desk.page.locator(".study")
    for _ in range(2):
        study.locator("button.primary").click()
    expect(study).to_contain_text(desk.words("switching.study.gained.other", count=3))
    desk.button("switching.study.leave").click()


def run_generator(desk, *, device):
    """Add a generator at the far end of a device, under the name that is proposed."""
    form = desk.page.locator(".panel form.step_form")
    form.locator("select[name=step_device_action]").select_option("run_generator")
    form.locator("input[name=step_device]").fill(device)
    expect(form.locator("select[name=step_device_end] option")).to_have_count(2)
    expect(form.locator("input[name=step_device_placed]")).to_have_value("G-1")
    form.get_by_role("button", name=desk.words("switching.add")).click()


def feed_by_generator(desk, other):
    """Feed those who still hang on the line that fails, beyond their transformer; the other desk sees it."""
    desk.button("switching.emergency", exact=True).click()
    run_generator(desk, device="U99")
    steps = desk.page.locator(".panel tbody.step")
    expect(steps).to_have_count(1)
    expect(steps.nth(0)).to_contain_text(desk.words("switching.effect.gained.other", count=2))
    desk.button("switching.approve", exact=True).click()
    expect(desk.page.locator(".panel")).to_contain_text(desk.words("switching.status.approved"))
    execute_next(desk)
    placed = other.page.locator(".switching_view [data-temporary='G-1']")
    expect(placed).to_contain_text(other.words("switching.step.run_generator", name="G-1", node="R99"))
    other.says("switching.temporary.supplied.other", count=2)


def test_a_proposal_becomes_an_order_and_both_desks_see_each_step(town, open_page, by_axe):
    first, second = open_page("Desk", "en"), open_page("Desk", "zh")
    words, page = first.words, first.page
    first.open("wang", town.password)
    second.open("li", town.password)

    # What is proposed says plainly what was not checked, and becomes an order only by a person.
    town.trip("B99")
    first.choose("B99")
    page.keyboard.press("c")
    expect(page.locator(".panel .head")).to_contain_text(words("status.outage.confirmed"))
    first.button("switching.proposals.ask").click()
    proposal = page.locator(".proposals li").first
    expect(proposal).to_contain_text(words("switching.proposals.back", customers=3, of=3))
    expect(proposal).to_contain_text(words("switching.margin.unknown"))
    by_axe(page, "a proposal")
    proposal.get_by_role("button", name=words("switching.proposals.take")).click()
    steps = page.locator(".panel tbody.step")
    expect(steps).to_have_count(2)
    expect(steps.nth(1)).to_contain_text(words("switching.step.close", device="Y99"))
    expect(steps.nth(1)).to_contain_text(words("switching.effect.gained.other", count=3))

    # Tried on a study copy, nothing has happened.
    rehearse(first)
    expect(steps.nth(0).locator("b", has_text="✓")).to_have_count(0)

    # W shows the other desk the same order, and lets it hang a tag that stops everybody.
    second.page.keyboard.press("w")
    line = second.page.locator(".switching_view .order_line")
    expect(line).to_contain_text(second.words("switching.status.draft"))
    hang_tag(second, "Y99")
    line.click()
    first.button("switching.approve", exact=True).click()
    expect(line).to_contain_text(second.words("switching.status.approved"))
    execute_next(first)
    others = second.page.locator(".panel tbody.step")
    expect(others.nth(0).locator("b", has_text="✓")).to_be_visible()
    expect(line).to_contain_text(second.words("switching.progress", done=1, of=2))
    expect(steps.nth(1)).to_contain_text("T-")
    execute_next(first)
    refused = page.locator(".panel .step .notice.warning[role=alert]")
    expect(refused).to_contain_text(words("shared.because.device_tagged", device="Y99", actor="li"))
    expect(refused).to_contain_text(words("switching.way_out.tagged"))

    by_axe(page, "a step refused")

    # The tag is removed, the step is taken: who comes back is back at both desks.
    tags = second.page.locator(".switching_view .tag_list")
    tags.get_by_role("button", name=second.words("switching.tag.remove")).click()
    expect(tags.locator("[data-tag=Y99]")).to_have_count(0)
    expect(steps.nth(1)).not_to_contain_text("T-")
    page.locator(".panel form.action_form").get_by_role(
        "button", name=words("switching.execute.send")
    ).click()
    expect(others.nth(1).locator("b", has_text="✓")).to_be_visible()
    expect(line).to_contain_text(second.words("switching.status.completed"))
    switched = second.page.locator(".switching_view li.switched")
    expect(switched).to_have_count(2)
    expect(switched.filter(has_text="Y99")).to_contain_text(second.words("switching.switched.closed"))
    page.locator(".panel .head .link").click()
    expect(page.locator(".panel .head")).to_contain_text(words("status.outage.partially_restored"))

    feed_by_generator(first, second)
