"""The currencies people pay with today.

Facts of the Unicode locale data (CLDR), written down so that nothing has to be loaded to format an amount; a test
compares them with Babel. Decimals are CLDR's, which follow practice: some currencies whose ISO 4217 minor unit is no
longer used have none. Currencies that were replaced, and units of account, are absent.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

USUAL_DECIMALS: Final = 2


class Currency(NamedTuple):
    """`id` is ours and never changes: a new currency is appended under the next number.

    `name` is English. `symbol` is the sign an English reader expects, or the code where there is none.
    """

    id: int
    code: str
    name: str
    decimals: int
    symbol: str


CURRENCIES: Final[Mapping[str, Currency]] = {
    currency.code: currency
    for currency in (
        Currency(1, "AED", "United Arab Emirates Dirham", 2, "AED"),
        Currency(2, "AFN", "Afghan Afghani", 0, "AFN"),
        Currency(3, "ALL", "Albanian Lek", 0, "ALL"),
        Currency(4, "AMD", "Armenian Dram", 2, "AMD"),
        Currency(5, "AOA", "Angolan Kwanza", 2, "AOA"),
        Currency(6, "ARS", "Argentine Peso", 2, "ARS"),
        Currency(7, "AUD", "Australian Dollar", 2, "A$"),
        Currency(8, "AWG", "Aruban Florin", 2, "AWG"),
        Currency(9, "AZN", "Azerbaijani Manat", 2, "AZN"),
        Currency(10, "BAM", "Bosnia-Herzegovina Convertible Mark", 2, "BAM"),
        Currency(11, "BBD", "Barbadian Dollar", 2, "BBD"),
        Currency(12, "BDT", "Bangladeshi Taka", 2, "BDT"),
        Currency(13, "BGN", "Bulgarian Lev", 2, "BGN"),
        Currency(14, "BHD", "Bahraini Dinar", 3, "BHD"),
        Currency(15, "BIF", "Burundian Franc", 0, "BIF"),
        Currency(16, "BMD", "Bermudan Dollar", 2, "BMD"),
        Currency(17, "BND", "Brunei Dollar", 2, "BND"),
        Currency(18, "BOB", "Bolivian Boliviano", 2, "BOB"),
        Currency(19, "BRL", "Brazilian Real", 2, "R$"),
        Currency(20, "BSD", "Bahamian Dollar", 2, "BSD"),
        Currency(21, "BTN", "Bhutanese Ngultrum", 2, "BTN"),
        Currency(22, "BWP", "Botswanan Pula", 2, "BWP"),
        Currency(23, "BYN", "Belarusian Ruble", 2, "BYN"),
        Currency(24, "BZD", "Belize Dollar", 2, "BZD"),
        Currency(25, "CAD", "Canadian Dollar", 2, "CA$"),
        Currency(26, "CDF", "Congolese Franc", 2, "CDF"),
        Currency(27, "CHF", "Swiss Franc", 2, "CHF"),
        Currency(28, "CLP", "Chilean Peso", 0, "CLP"),
        Currency(29, "CNY", "Chinese Yuan", 2, "CN¥"),
        Currency(30, "COP", "Colombian Peso", 2, "COP"),
        Currency(31, "CRC", "Costa Rican Colón", 2, "CRC"),
        Currency(32, "CUP", "Cuban Peso", 2, "CUP"),
        Currency(33, "CVE", "Cape Verdean Escudo", 2, "CVE"),
        Currency(34, "CZK", "Czech Koruna", 2, "CZK"),
        Currency(35, "DJF", "Djiboutian Franc", 0, "DJF"),
        Currency(36, "DKK", "Danish Krone", 2, "DKK"),
        Currency(37, "DOP", "Dominican Peso", 2, "DOP"),
        Currency(38, "DZD", "Algerian Dinar", 2, "DZD"),
        Currency(39, "EGP", "Egyptian Pound", 2, "EGP"),
        Currency(40, "ERN", "Eritrean Nakfa", 2, "ERN"),
        Currency(41, "ETB", "Ethiopian Birr", 2, "ETB"),
        Currency(42, "EUR", "Euro", 2, "€"),
        Currency(43, "FJD", "Fijian Dollar", 2, "FJD"),
        Currency(44, "FKP", "Falkland Islands Pound", 2, "FKP"),
        Currency(45, "GBP", "British Pound", 2, "£"),
        Currency(46, "GEL", "Georgian Lari", 2, "GEL"),
        Currency(47, "GHS", "Ghanaian Cedi", 2, "GHS"),
        Currency(48, "GIP", "Gibraltar Pound", 2, "GIP"),
        Currency(49, "GMD", "Gambian Dalasi", 2, "GMD"),
        Currency(50, "GNF", "Guinean Franc", 0, "GNF"),
        Currency(51, "GTQ", "Guatemalan Quetzal", 2, "GTQ"),
        Currency(52, "GYD", "Guyanaese Dollar", 2, "GYD"),
        Currency(53, "HKD", "Hong Kong Dollar", 2, "HK$"),
        Currency(54, "HNL", "Honduran Lempira", 2, "HNL"),
        Currency(55, "HTG", "Haitian Gourde", 2, "HTG"),
        Currency(56, "HUF", "Hungarian Forint", 2, "HUF"),
        Currency(57, "IDR", "Indonesian Rupiah", 2, "IDR"),
        Currency(58, "ILS", "Israeli New Shekel", 2, "₪"),
        Currency(59, "INR", "Indian Rupee", 2, "₹"),
        Currency(60, "IQD", "Iraqi Dinar", 0, "IQD"),
        Currency(61, "IRR", "Iranian Rial", 0, "IRR"),
        Currency(62, "ISK", "Icelandic Króna", 0, "ISK"),
        Currency(63, "JMD", "Jamaican Dollar", 2, "JMD"),
        Currency(64, "JOD", "Jordanian Dinar", 3, "JOD"),
        Currency(65, "JPY", "Japanese Yen", 0, "¥"),
        Currency(66, "KES", "Kenyan Shilling", 2, "KES"),
        Currency(67, "KGS", "Kyrgystani Som", 2, "KGS"),
        Currency(68, "KHR", "Cambodian Riel", 2, "KHR"),
        Currency(69, "KMF", "Comorian Franc", 0, "KMF"),
        Currency(70, "KPW", "North Korean Won", 0, "KPW"),
        Currency(71, "KRW", "South Korean Won", 0, "₩"),
        Currency(72, "KWD", "Kuwaiti Dinar", 3, "KWD"),
        Currency(73, "KYD", "Cayman Islands Dollar", 2, "KYD"),
        Currency(74, "KZT", "Kazakhstani Tenge", 2, "KZT"),
        Currency(75, "LAK", "Laotian Kip", 0, "LAK"),
        Currency(76, "LBP", "Lebanese Pound", 0, "LBP"),
        Currency(77, "LKR", "Sri Lankan Rupee", 2, "LKR"),
        Currency(78, "LRD", "Liberian Dollar", 2, "LRD"),
        Currency(79, "LSL", "Lesotho Loti", 2, "LSL"),
        Currency(80, "LYD", "Libyan Dinar", 3, "LYD"),
        Currency(81, "MAD", "Moroccan Dirham", 2, "MAD"),
        Currency(82, "MDL", "Moldovan Leu", 2, "MDL"),
        Currency(83, "MGA", "Malagasy Ariary", 0, "MGA"),
        Currency(84, "MKD", "Macedonian Denar", 2, "MKD"),
        Currency(85, "MMK", "Myanmar Kyat", 0, "MMK"),
        Currency(86, "MNT", "Mongolian Tugrik", 2, "MNT"),
        Currency(87, "MOP", "Macanese Pataca", 2, "MOP"),
        Currency(88, "MRU", "Mauritanian Ouguiya", 2, "MRU"),
        Currency(89, "MUR", "Mauritian Rupee", 2, "MUR"),
        Currency(90, "MVR", "Maldivian Rufiyaa", 2, "MVR"),
        Currency(91, "MWK", "Malawian Kwacha", 2, "MWK"),
        Currency(92, "MXN", "Mexican Peso", 2, "MX$"),
        Currency(93, "MYR", "Malaysian Ringgit", 2, "MYR"),
        Currency(94, "MZN", "Mozambican Metical", 2, "MZN"),
        Currency(95, "NAD", "Namibian Dollar", 2, "NAD"),
        Currency(96, "NGN", "Nigerian Naira", 2, "NGN"),
        Currency(97, "NIO", "Nicaraguan Córdoba", 2, "NIO"),
        Currency(98, "NOK", "Norwegian Krone", 2, "NOK"),
        Currency(99, "NPR", "Nepalese Rupee", 2, "NPR"),
        Currency(100, "NZD", "New Zealand Dollar", 2, "NZ$"),
        Currency(101, "OMR", "Omani Rial", 3, "OMR"),
        Currency(102, "PAB", "Panamanian Balboa", 2, "PAB"),
        Currency(103, "PEN", "Peruvian Sol", 2, "PEN"),
        Currency(104, "PGK", "Papua New Guinean Kina", 2, "PGK"),
        Currency(105, "PHP", "Philippine Peso", 2, "₱"),
        Currency(106, "PKR", "Pakistani Rupee", 2, "PKR"),
        Currency(107, "PLN", "Polish Zloty", 2, "PLN"),
        Currency(108, "PYG", "Paraguayan Guarani", 0, "PYG"),
        Currency(109, "QAR", "Qatari Riyal", 2, "QAR"),
        Currency(110, "RON", "Romanian Leu", 2, "RON"),
        Currency(111, "RSD", "Serbian Dinar", 0, "RSD"),
        Currency(112, "RUB", "Russian Ruble", 2, "RUB"),
        Currency(113, "RWF", "Rwandan Franc", 0, "RWF"),
        Currency(114, "SAR", "Saudi Riyal", 2, "SAR"),
        Currency(115, "SBD", "Solomon Islands Dollar", 2, "SBD"),
        Currency(116, "SCR", "Seychellois Rupee", 2, "SCR"),
        Currency(117, "SDG", "Sudanese Pound", 2, "SDG"),
        Currency(118, "SEK", "Swedish Krona", 2, "SEK"),
        Currency(119, "SGD", "Singapore Dollar", 2, "SGD"),
        Currency(120, "SHP", "St. Helena Pound", 2, "SHP"),
        Currency(121, "SLE", "Sierra Leonean Leone", 2, "SLE"),
        Currency(122, "SOS", "Somali Shilling", 0, "SOS"),
        Currency(123, "SRD", "Surinamese Dollar", 2, "SRD"),
        Currency(124, "SSP", "South Sudanese Pound", 2, "SSP"),
        Currency(125, "STN", "São Tomé & Príncipe Dobra", 2, "STN"),
        Currency(126, "SYP", "Syrian Pound", 0, "SYP"),
        Currency(127, "SZL", "Swazi Lilangeni", 2, "SZL"),
        Currency(128, "THB", "Thai Baht", 2, "THB"),
        Currency(129, "TJS", "Tajikistani Somoni", 2, "TJS"),
        Currency(130, "TMT", "Turkmenistani Manat", 2, "TMT"),
        Currency(131, "TND", "Tunisian Dinar", 3, "TND"),
        Currency(132, "TOP", "Tongan Pa\u02bbanga", 2, "TOP"),
        Currency(133, "TRY", "Turkish Lira", 2, "TRY"),
        Currency(134, "TTD", "Trinidad & Tobago Dollar", 2, "TTD"),
        Currency(135, "TWD", "New Taiwan Dollar", 2, "NT$"),
        Currency(136, "TZS", "Tanzanian Shilling", 2, "TZS"),
        Currency(137, "UAH", "Ukrainian Hryvnia", 2, "UAH"),
        Currency(138, "UGX", "Ugandan Shilling", 0, "UGX"),
        Currency(139, "USD", "US Dollar", 2, "$"),
        Currency(140, "UYU", "Uruguayan Peso", 2, "UYU"),
        Currency(141, "UZS", "Uzbekistani Som", 2, "UZS"),
        Currency(142, "VES", "Venezuelan Bolívar", 2, "VES"),
        Currency(143, "VND", "Vietnamese Dong", 0, "₫"),
        Currency(144, "VUV", "Vanuatu Vatu", 0, "VUV"),
        Currency(145, "WST", "Samoan Tala", 2, "WST"),
        Currency(146, "XAF", "Central African CFA Franc", 0, "FCFA"),
        Currency(147, "XCD", "East Caribbean Dollar", 2, "EC$"),
        Currency(148, "XCG", "Caribbean guilder", 2, "Cg."),
        Currency(149, "XOF", "West African CFA Franc", 0, "F\u202fCFA"),
        Currency(150, "XPF", "CFP Franc", 0, "CFPF"),
        Currency(151, "YER", "Yemeni Rial", 0, "YER"),
        Currency(152, "ZAR", "South African Rand", 2, "ZAR"),
        Currency(153, "ZMW", "Zambian Kwacha", 2, "ZMW"),
        Currency(154, "ZWG", "Zimbabwean Gold", 2, "ZWG"),
    )
}


def is_known(code: str) -> bool:
    """Whether the code, in capitals, is one of today's currencies; a company's own codes are not."""
    return code in CURRENCIES


def decimals(code: str) -> int:
    """Digits after the point in everyday amounts: two for a code that is not known."""
    currency = CURRENCIES.get(code)
    return USUAL_DECIMALS if currency is None else currency.decimals
